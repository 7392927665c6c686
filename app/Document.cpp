// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Document.h"

#include "app/ModelSource.h"
#include "app/commands/SetSelectionCommand.h"
#include "core/analysis/PairFit.h"
#include "core/model/Families.h"
#include "core/model/Translation.h"
#include "core/selection/InitializeStudent.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace heirloom {
namespace {

/// Size of a residual stream or stage, for one line about a model.
QString modelLine(const ModelSpec& spec) {
    QString sizes;
    for (const auto& space : spec.spaces)
        if (space.kind == SpaceKind::Residual)
            sizes += (sizes.isEmpty() ? "" : "-") + QString::number(space.size);
    return QObject::tr("%1 wide, %2 blocks · %3")
        .arg(sizes)
        .arg(spec.layers.size())
        .arg(QString::fromStdString(shortCountText(spec.parameterCount())));
}

} // namespace

/// A plan with the teacher as it reads it.
struct Document::Planned {
    std::shared_ptr<const Checkpoint> weights;
    std::shared_ptr<const SelectionPlan> plan;
    std::vector<Growth> ways; ///< where there is no plan without growing
    Error refusal;            ///< why not
};

namespace {

struct Opened {
    OpenedModel model;
    TeacherIdentity identity;
};

Result<Opened> openWithIdentity(const std::string& name) {
    auto model = openModel(name, ModelText::FileOnly);
    if (!model)
        return std::unexpected(model.error());
    auto identity = identify(*model);
    if (!identity)
        return std::unexpected(identity.error());
    return Opened{std::move(*model), std::move(*identity)};
}

/// The recipe in a student's file; none where there is none, or it cannot be read here.
std::optional<Recipe> recipeIn(const OpenedModel& student) {
    if (!student.checkpoint)
        return std::nullopt;
    const auto& metadata = student.checkpoint->metadata();
    const auto stored = metadata.find(std::string(recipeKey));
    if (stored == metadata.end())
        return std::nullopt;
    auto recipe = parseRecipe(stored->second, student.checkpoint->path().string());
    return recipe ? std::optional(std::move(*recipe)) : std::nullopt;
}

} // namespace

Document::Document(JobRunner& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {}

void Document::openTeacher(const QString& text) {
    m_jobs.run<Opened>(
        "teacher",
        [name = text.toStdString()](std::stop_token) { return openWithIdentity(name); },
        [this, text](Result<Opened> opened) {
            if (!opened) {
                emit teacherFailed(opened.error());
                return;
            }
            m_teacher = std::move(opened->model);
            m_identity = std::move(opened->identity);
            m_teacherText = text;
            emit teacherChanged();
            planAfresh();
        });
}

void Document::openStudent(const QString& text) {
    m_awaited.reset();
    m_jobs.run<OpenedModel>(
        "student",
        [name = text.toStdString()](std::stop_token) {
            return openModel(name, ModelText::FileOrName);
        },
        [this, text](Result<OpenedModel> model) {
            if (!model) {
                m_awaited.reset();
                emit studentFailed(model.error());
                return;
            }
            m_student = std::move(*model);
            m_studentText = text;
            emit studentChanged();
            if (auto recipe = std::exchange(m_awaited, std::nullopt))
                planAfresh(recipe->options);
            else if (m_teacher)
                planAfresh();
            else
                findTeacher();
        });
}

void Document::readTeacherFrom(const SourceChoice& choice) {
    if (m_teacher)
        openTeacher(textWithSource(m_teacherText, choice));
}

void Document::readStudentFrom(const SourceChoice& choice) {
    if (m_student && m_student->checkpoint)
        openStudent(textWithSource(m_studentText, choice));
}

void Document::findTeacher() {
    const auto recipe = recipeIn(*m_student);
    if (!recipe)
        return;
    const QString file = QString::fromStdString(recipe->teacher.file);
    const QFileInfo beside(
        QFileInfo(QString::fromStdString(m_student->checkpoint->path().string())).dir(), file);
    if (!file.isEmpty() && beside.isFile()) {
        openTeacher(beside.filePath());
        return;
    }
    emit recipeNoted(tr("This student was made from %1 (%2). Open that teacher to see its mapping")
                         .arg(file, QString::fromStdString(recipe->teacher.model)));
}

void Document::close() {
    for (const auto* lane : {"teacher", "student", "plan", "weights", "recipe", "advice"})
        m_jobs.cancel(lane);
    m_teacher.reset();
    m_student.reset();
    m_awaited.reset();
    m_teacherText.clear();
    m_studentText.clear();
    m_undo.clear();
    setSelection({}, nullptr);
    emit teacherChanged();
    emit studentChanged();
}

void Document::planAfresh(std::optional<SelectionOptions> given) {
    m_jobs.cancel("weights");
    m_undo.clear();
    setSelection({}, nullptr);
    if (!m_teacher || !m_student)
        return;
    if (const auto recipe = given ? std::nullopt : recipeIn(*m_student)) {
        if (recipe->teacher.fingerprint == m_identity.fingerprint) {
            given = recipe->options;
            emit recipeNoted(tr("The mapping is that of the recipe in the student's file"));
        } else {
            emit recipeNoted(tr("The student's file was made from %1, not from this teacher; "
                                "its recipe was not used")
                                 .arg(QString::fromStdString(recipe->teacher.file.empty()
                                                                 ? recipe->teacher.model
                                                                 : recipe->teacher.file)));
        }
    }
    const auto options = given.value_or(SelectionOptions{});
    m_jobs.run<Planned>(
        "plan",
        [teacher = *m_teacher, student = m_student->spec, options](
            std::stop_token) -> Result<Planned> {
            auto spoken = spokenLike(teacher, *student);
            if (!spoken)
                return std::unexpected(spoken.error());
            Planned made{.weights = spoken->checkpoint, .plan = {}, .ways = {}, .refusal = {}};
            auto plan = planSelection(spoken->spec, student, options, spoken->checkpoint.get());
            if (plan) {
                made.plan = std::make_shared<const SelectionPlan>(std::move(*plan));
                return made;
            }
            made.refusal = plan.error();
            for (const auto way : {Growth::Net2Net, Growth::Stack}) {
                auto grown = options;
                grown.growth = way;
                if (planSelection(spoken->spec, student, grown, spoken->checkpoint.get()))
                    made.ways.push_back(way);
            }
            return made;
        },
        [this, options](Result<Planned> made) {
            if (made)
                takePlan(std::move(*made), options);
            else
                emit planFailed(made.error());
        });
}

void Document::takePlan(Planned planned, const SelectionOptions& options) {
    m_spoken = std::move(planned.weights);
    if (planned.plan)
        setSelection(options, std::move(planned.plan));
    else if (planned.ways.empty())
        emit planFailed(planned.refusal);
    else
        emit growthOffered(planned.refusal, planned.ways);
}

void Document::grow(Growth growth) {
    SelectionOptions options;
    options.growth = growth;
    planAfresh(options);
}

void Document::requestOptions(const SelectionOptions& options, const QString& text) {
    if (!m_plan || options == m_options)
        return;
    m_jobs.run<SelectionPlan>(
        "plan",
        [teacher = m_plan->teacher, weights = m_spoken, student = m_student->spec, options](
            std::stop_token) { return planSelection(teacher, student, options, weights.get()); },
        [this, options, text](Result<SelectionPlan> plan) {
            if (!plan) {
                emit planFailed(plan.error());
                return;
            }
            auto next = std::make_shared<const SelectionPlan>(std::move(*plan));
            m_undo.push(new SetSelectionCommand(*this, {m_options, m_plan}, {options, next}, text));
        });
}

Recipe Document::recipe() const { return recipeOf(*m_plan, m_identity); }

void Document::openRecipe(const QString& path) {
    m_jobs.run<Recipe>(
        "recipe",
        [path = path.toStdString()](std::stop_token) { return readRecipe(path); },
        [this, path](Result<Recipe> recipe) {
            if (!recipe) {
                emit recipeFailed(recipe.error());
                return;
            }
            if (!m_teacher) {
                emit recipeFailed(Error{path.toStdString(),
                                        fmt::format("this recipe needs its teacher {} ({})",
                                                    recipe->teacher.file,
                                                    recipe->teacher.model),
                                        "Open the teacher first, then the recipe"});
                return;
            }
            if (!recipe->teacher.fingerprint.empty() &&
                recipe->teacher.fingerprint != m_identity.fingerprint)
                emit recipeNoted(tr("The recipe was made from %1, whose weights are others than "
                                    "this teacher's; its choices are used here all the same")
                                     .arg(QString::fromStdString(recipe->teacher.file)));
            const bool isOpen = m_student && canonicalName(*m_student->spec) == recipe->student;
            if (isOpen && m_plan) {
                requestOptions(recipe->options, tr("Recipe %1").arg(QFileInfo(path).fileName()));
                return;
            }
            const auto student = QString::fromStdString(recipe->student);
            openStudent(student);
            m_awaited = std::move(*recipe);
        });
}

void Document::saveRecipe(const QString& path) {
    if (!m_plan)
        return;
    m_jobs.run<QString>(
        "recipe",
        [recipe = recipe(), path](std::stop_token) -> Result<QString> {
            if (auto written = writeRecipe(recipe, path.toStdString()); !written)
                return std::unexpected(written.error());
            return path;
        },
        [this](Result<QString> written) {
            if (written)
                emit recipeSaved(*written);
            else
                emit recipeFailed(written.error());
        });
}

void Document::setSelection(const SelectionOptions& options,
                            std::shared_ptr<const SelectionPlan> plan) {
    m_options = options;
    m_plan = std::move(plan);
    m_weights.reset();
    emit planChanged();
}

void Document::requestWeights(std::function<void(Result<std::shared_ptr<const StateDict>>)> done) {
    if (m_weights) {
        done(m_weights);
        return;
    }
    using Weights = std::shared_ptr<const StateDict>;
    m_jobs.run<Weights>(
        "weights",
        [teacher = m_spoken, plan = m_plan](std::stop_token stop) -> Result<Weights> {
            auto weights = initializeStudent(*teacher, *plan, stop);
            if (!weights)
                return std::unexpected(weights.error());
            return std::make_shared<const StateDict>(std::move(*weights));
        },
        [this, plan = m_plan, done = std::move(done)](Result<Weights> weights) {
            if (weights && plan == m_plan)
                m_weights = *weights;
            done(std::move(weights));
        });
}

QList<QPair<QString, QString>> Document::suggestedStudents() const {
    QList<QPair<QString, QString>> fitting;
    if (!m_teacher)
        return fitting;
    const Family* family = findFamily(m_teacher->spec->family);
    if (!family)
        return fitting;
    const QString classes = QString::number(m_teacher->spec->hyper.integer("num_classes", 0));
    const auto names = family->names();
    for (auto name = names.rbegin(); name != names.rend() && fitting.size() < 6; ++name) {
        std::string text = *name;
        if (m_teacher->spec->hyper.find("num_classes") && classes != "0")
            text += ":num_classes=" + classes.toStdString();
        const auto spec = modelFromName(text);
        if (!spec || spec->parameterCount() >= m_teacher->spec->parameterCount())
            continue;
        if (const auto fit = fitPair(m_teacher->spec, std::make_shared<const ModelSpec>(*spec));
            fit && fit->inheritedShare > 0)
            fitting.emplace_back(QString::fromStdString(spec->name), modelLine(*spec));
    }
    return fitting;
}

void Document::requestAdvice(const Budget& budget,
                             std::function<void(Result<std::vector<StudentAdvice>>)> done) {
    if (!m_teacher)
        return;
    m_jobs.run<std::vector<StudentAdvice>>(
        "advice",
        [teacher = m_teacher->spec, budget](std::stop_token) {
            return adviseStudents(teacher, budget);
        },
        std::move(done));
}

} // namespace heirloom
