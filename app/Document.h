// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/JobRunner.h"
#include "core/analysis/ParameterView.h"
#include "core/model/OpenedModel.h"
#include "core/selection/SelectionPlan.h"

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace heirloom {

/// Teacher, student, the choices made between them, and their undo stack. The panels meet here.
/// Slow work goes through the JobRunner; every change is told by a signal once it is whole.
class Document final : public QObject {
    Q_OBJECT

public:
    explicit Document(JobRunner& jobs, QObject* parent = nullptr);

    [[nodiscard]] const std::optional<OpenedModel>& teacher() const { return m_teacher; }
    [[nodiscard]] const std::optional<OpenedModel>& student() const { return m_student; }
    [[nodiscard]] std::shared_ptr<const SelectionPlan> plan() const { return m_plan; }
    [[nodiscard]] const SelectionOptions& options() const { return m_options; }
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    /// "vit:dim=64..." texts the models were opened with, for recents and "copy as command line".
    [[nodiscard]] QString teacherText() const { return m_teacherText; }
    [[nodiscard]] QString studentText() const { return m_studentText; }

    void openTeacher(const QString& text); ///< a file
    void openStudent(const QString& text); ///< a file, or a model name with changes
    void close();                          ///< both, and the undo stack

    /// Plans with `options`; where that succeeds it becomes one undo step called `text`, otherwise
    /// planFailed() says why and nothing changes.
    void requestOptions(const SelectionOptions& options, const QString& text);

    /// The student's weights under the present plan, drawn once a plan and kept; `done` runs on
    /// this thread.
    void requestWeights(std::function<void(Result<std::shared_ptr<const StateDict>>)> done);

    /// Published names that fit inside the teacher, largest first, with a line each.
    [[nodiscard]] std::vector<std::pair<QString, QString>> suggestedStudents() const;
    /// The present state as words for heirloom-cli, with the teacher written as `teacher`.
    [[nodiscard]] QString commandLine(const QString& teacher, const QString& out) const;

signals:
    void teacherChanged();
    void studentChanged();
    void planChanged(); ///< also to none
    void teacherFailed(const heirloom::Error& error);
    void studentFailed(const heirloom::Error& error);
    void planFailed(const heirloom::Error& error);

private:
    friend class SetSelectionCommand;
    void setSelection(const SelectionOptions& options, std::shared_ptr<const SelectionPlan> plan);
    void planAfresh();

    JobRunner& m_jobs;
    std::optional<OpenedModel> m_teacher;
    std::optional<OpenedModel> m_student;
    QString m_teacherText;
    QString m_studentText;
    SelectionOptions m_options;
    std::shared_ptr<const SelectionPlan> m_plan;
    std::shared_ptr<const StateDict> m_weights; ///< of m_plan; null until asked for
    QUndoStack m_undo;
};

} // namespace heirloom
