// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <span>

class QLineEdit;

namespace heirloom {

/// A way to write a checkpoint, as the user sees it; core/checkpoint/CheckpointWriter.h does the writing.
struct ExportFormat {
    QString ending; ///< the one that a new name gets
    QStringList endings;
    QString title;
    QString meaning;
};

[[nodiscard]] std::span<const ExportFormat> exportFormats();
[[nodiscard]] const ExportFormat* formatOf(const QString& path); ///< null for an unknown ending

/// Where to write: a line of text with "Browse…".
class ExportPath final : public QWidget {
    Q_OBJECT

public:
    explicit ExportPath(QWidget* parent = nullptr);

    [[nodiscard]] QString text() const;
    void setText(const QString& path);
    void setEnding(const QString& ending); ///< in place of a known one, else behind the name
    [[nodiscard]] QLineEdit* field() const { return m_field; }

signals:
    void changed(const QString& path, bool byUser);

private:
    void browse();

    QLineEdit* m_field;
};

} // namespace heirloom
