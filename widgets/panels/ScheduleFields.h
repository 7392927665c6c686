// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/FineTuneOptions.h"

#include <QWidget>

class QCheckBox;
class QSpinBox;

namespace heirloom {

class NumberField;

/// The options that most runs leave alone: augmentation, schedule, regularisation, threads.
class ScheduleFields final : public QWidget {
    Q_OBJECT

public:
    explicit ScheduleFields(QWidget* parent = nullptr);

    void readFrom(const FineTuneOptions& options);
    void writeTo(FineTuneOptions& options) const; ///< these options only
    void setOptimizer(Optimizer optimizer);       ///< momentum is SGD's alone
    [[nodiscard]] bool isValid() const;

signals:
    void changed();

private:
    QCheckBox* m_flip;
    QSpinBox* m_crop;
    NumberField* m_smoothing;
    NumberField* m_warmup;
    NumberField* m_minimumRate;
    NumberField* m_decay;
    NumberField* m_momentum;
    QSpinBox* m_threads;
};

} // namespace heirloom
