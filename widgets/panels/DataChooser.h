// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/DataSource.h"

#include <QWidget>

class QComboBox;

namespace heirloom {

/// Which dataset: the built-in one, those chosen before, or one to choose; below it, what was found in it.
class DataChooser final : public QWidget {
    Q_OBJECT

public:
    explicit DataChooser(QWidget* parent = nullptr);
    ~DataChooser() override;

    void setBuiltIn(const QString& title, const DataSource& source);
    void setSource(const DataSource& source); ///< does not tell chosen
    void setInfo(const DatasetInfo& info);
    [[nodiscard]] DataSource source() const;
    [[nodiscard]] QComboBox* field() const;

signals:
    void chosen(const heirloom::DataSource& source); ///< by the user

private:
    class Private;
    Private* d;
};

} // namespace heirloom
