// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/DataSource.h"
#include "core/training/FineTuneOptions.h"
#include "widgets/panels/TrainPanel.h"

#include <QStringList>
#include <QWidget>

namespace heirloom {

/// The left column of TrainPanel: what to train on, how, and "Start".
class TrainForm final : public QWidget {
    Q_OBJECT

public:
    explicit TrainForm(QWidget* parent = nullptr);
    ~TrainForm() override;

    void setSubject(const QString& title); ///< empty: nothing can be started
    void setBuiltInData(const QString& title, const DataSource& source);
    void setData(const DataSource& source);
    void setDataInfo(const DatasetInfo& info);
    void setOptions(const FineTuneOptions& options, bool randomTwin);
    void setDevices(const QStringList& devices, const QString& note);
    void showError(const QString& text);
    /// Images a second of the last run, for the estimate beside Start; 0: none seen yet.
    void setMeasuredRate(double imagesPerSecond);
    [[nodiscard]] TrainRequest request() const;

signals:
    void startRequested(const heirloom::TrainRequest& request);
    void dataRequested(const heirloom::DataSource& source);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    class Private;
    Private* d;
};

} // namespace heirloom
