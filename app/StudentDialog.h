// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/Advisor.h"

#include <QDialog>
#include <QString>

#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QTreeWidget;

namespace heirloom {

/// Asks for a student: a name with changes, a file, or one of the shapes that fit a budget, ranked
/// with what each keeps of the teacher.
class StudentDialog final : public QDialog {
    Q_OBJECT

public:
    /// \param teacher its cost, from which the first budget is made; null where none is open
    StudentDialog(const ModelCost* teacher, const QString& present, QWidget* parent = nullptr);

    /// Asks for the first list.
    void start();
    /// The answer to adviceRequested().
    void setAdvice(const Result<std::vector<StudentAdvice>>& advice);

signals:
    void studentChosen(const QString& text); ///< a name with changes
    void fileRequested();
    void adviceRequested(const heirloom::Budget& budget);

private:
    [[nodiscard]] QWidget* buildBudget();
    [[nodiscard]] QWidget* buildButtons(bool hasName);
    void requestAdvice();
    void suggestAmount(); ///< three tenths of what the teacher costs: its next smaller published
                          ///< size fits

    ModelCost m_teacher;
    bool m_hasTeacher;
    QLineEdit* m_name;
    QLineEdit* m_amount;
    QComboBox* m_unit;
    QTreeWidget* m_list;
    QLabel* m_answer; ///< why the list is empty
};

} // namespace heirloom
