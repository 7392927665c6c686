// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/JobRunner.h"
#include "core/analysis/Advisor.h"
#include "core/analysis/ParameterView.h"
#include "core/model/OpenedModel.h"
#include "core/selection/SelectionPlan.h"
#include "core/storage/Recipe.h"
#include "widgets/controls/SourceButton.h"

#include <QList>
#include <QObject>
#include <QPair>
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
    /// The teacher's weights under the names that plan() has for them. \pre there is a plan
    [[nodiscard]] std::shared_ptr<const Checkpoint> planWeights() const { return m_spoken; }
    [[nodiscard]] const std::optional<OpenedModel>& student() const { return m_student; }
    [[nodiscard]] std::shared_ptr<const SelectionPlan> plan() const { return m_plan; }
    [[nodiscard]] const SelectionOptions& options() const { return m_options; }
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    /// "vit:dim=64..." texts the models were opened with, for recents and "copy as command line".
    [[nodiscard]] QString teacherText() const { return m_teacherText; }
    [[nodiscard]] QString studentText() const { return m_studentText; }

    void openTeacher(const QString& text); ///< a file
    void openStudent(const QString& text); ///< a file, or a model name with changes
    /// The open file again, with another of its state dicts or other names.
    void readTeacherFrom(const SourceChoice& choice);
    void readStudentFrom(const SourceChoice& choice);
    void close();                          ///< both, and the undo stack

    /// Plans with `options`; where that succeeds it becomes one undo step called `text`, otherwise
    /// planFailed() says why and nothing changes.
    void requestOptions(const SelectionOptions& options, const QString& text);

    /// The present selection as a recipe. \pre there is a plan
    [[nodiscard]] Recipe recipe() const;
    /// The choices of a recipe file, or of a checkpoint that holds one, for the open teacher. Opens
    /// the recipe's student where it is not open already.
    void openRecipe(const QString& path);
    void saveRecipe(const QString& path);
    /// Plans anew where a student that is wider or deeper was refused. \see growthOffered
    void grow(Growth growth);

    /// The student's weights under the present plan, drawn once a plan and kept; `done` runs on
    /// this thread.
    void requestWeights(std::function<void(Result<std::shared_ptr<const StateDict>>)> done);

    /// Published names that fit inside the teacher, largest first, with a line each.
    [[nodiscard]] QList<QPair<QString, QString>> suggestedStudents() const;
    /// Students of the open teacher within a budget, the best first; `done` runs on this thread.
    void requestAdvice(const Budget& budget,
                       std::function<void(Result<std::vector<StudentAdvice>>)> done);

signals:
    void teacherChanged();
    void studentChanged();
    void planChanged(); ///< also to none
    void teacherFailed(const heirloom::Error& error);
    void studentFailed(const heirloom::Error& error);
    void planFailed(const heirloom::Error& error);
    /// The student is wider or deeper than its teacher; these ways to grow would do. planFailed()
    /// is not told then.
    void growthOffered(const heirloom::Error& error, const std::vector<heirloom::Growth>& ways);
    void recipeFailed(const heirloom::Error& error);
    void recipeSaved(const QString& path);
    /// A student's file holds the recipe of its selection, and this is what became of it.
    void recipeNoted(const QString& text);

private:
    friend class SetSelectionCommand;
    struct Planned;
    void setSelection(const SelectionOptions& options, std::shared_ptr<const SelectionPlan> plan);
    void planAfresh(std::optional<SelectionOptions> options = {});
    /// Opens the teacher of the student's recipe where it lies beside the student's file.
    void findTeacher();
    void takePlan(Planned planned, const SelectionOptions& options);

    JobRunner& m_jobs;
    std::optional<OpenedModel> m_teacher;
    TeacherIdentity m_identity; ///< of m_teacher
    std::optional<OpenedModel> m_student;
    std::shared_ptr<const Checkpoint> m_spoken;
    std::optional<Recipe> m_awaited; ///< a recipe whose student is being opened
    QString m_teacherText;
    QString m_studentText;
    SelectionOptions m_options;
    std::shared_ptr<const SelectionPlan> m_plan;
    std::shared_ptr<const StateDict> m_weights; ///< of m_plan; null until asked for
    QUndoStack m_undo;
};

} // namespace heirloom
