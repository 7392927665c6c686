// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Document.h"

#include "app/commands/SetSelectionCommand.h"
#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

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

QString shellQuoted(const QString& word) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=,@%+-]+$"));
    if (plain.match(word).hasMatch())
        return word;
    QString quoted = word;
    quoted.replace('\'', "'\\''");
    return '\'' + quoted + '\'';
}

} // namespace

Document::Document(JobRunner& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {}

void Document::openTeacher(const QString& text) {
    m_jobs.run<OpenedModel>(
        "teacher",
        [name = text.toStdString()](std::stop_token) {
            return openModel(name, ModelText::FileOnly);
        },
        [this, text](Result<OpenedModel> model) {
            if (!model) {
                emit teacherFailed(model.error());
                return;
            }
            m_teacher = std::move(*model);
            m_teacherText = text;
            emit teacherChanged();
            planAfresh();
        });
}

void Document::openStudent(const QString& text) {
    m_jobs.run<OpenedModel>(
        "student",
        [name = text.toStdString()](std::stop_token) {
            return openModel(name, ModelText::FileOrName);
        },
        [this, text](Result<OpenedModel> model) {
            if (!model) {
                emit studentFailed(model.error());
                return;
            }
            m_student = std::move(*model);
            m_studentText = text;
            emit studentChanged();
            planAfresh();
        });
}

void Document::close() {
    for (const auto* lane : {"teacher", "student", "plan", "weights"})
        m_jobs.cancel(lane);
    m_teacher.reset();
    m_student.reset();
    m_teacherText.clear();
    m_studentText.clear();
    m_undo.clear();
    setSelection({}, nullptr);
    emit teacherChanged();
    emit studentChanged();
}

void Document::planAfresh() {
    m_jobs.cancel("weights");
    m_undo.clear();
    setSelection({}, nullptr);
    if (!m_teacher || !m_student)
        return;
    m_jobs.run<SelectionPlan>(
        "plan",
        [teacher = *m_teacher, student = m_student->spec](std::stop_token) {
            return planSelection(teacher.spec, student, {}, teacher.checkpoint.get());
        },
        [this](Result<SelectionPlan> plan) {
            if (plan)
                setSelection({}, std::make_shared<const SelectionPlan>(std::move(*plan)));
            else
                emit planFailed(plan.error());
        });
}

void Document::requestOptions(const SelectionOptions& options, const QString& text) {
    if (!m_plan || options == m_options)
        return;
    m_jobs.run<SelectionPlan>(
        "plan",
        [teacher = *m_teacher, student = m_student->spec, options](std::stop_token) {
            return planSelection(teacher.spec, student, options, teacher.checkpoint.get());
        },
        [this, options, text](Result<SelectionPlan> plan) {
            if (!plan) {
                emit planFailed(plan.error());
                return;
            }
            auto next = std::make_shared<const SelectionPlan>(std::move(*plan));
            m_undo.push(new SetSelectionCommand(*this, {m_options, m_plan}, {options, next}, text));
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
        [teacher = m_teacher->checkpoint, plan = m_plan](std::stop_token stop) -> Result<Weights> {
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

std::vector<std::pair<QString, QString>> Document::suggestedStudents() const {
    std::vector<std::pair<QString, QString>> fitting;
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
        if (planSelection(m_teacher->spec, std::make_shared<const ModelSpec>(*spec), {}, nullptr))
            fitting.emplace_back(QString::fromStdString(spec->name), modelLine(*spec));
    }
    return fitting;
}

QString Document::commandLine(const QString& teacher, const QString& out) const {
    QStringList words = {"heirloom-cli",
                         "select",
                         shellQuoted(teacher),
                         "--student",
                         shellQuoted(m_studentText),
                         "-o",
                         shellQuoted(out)};
    if (m_options.asPublished)
        words << "--as-published";
    const auto layers = QString::fromStdString(layerSelectionText(m_options.layers));
    if (layers != "first")
        words << "--layers" << shellQuoted(layers);
    const auto element = QString::fromStdString(elementSelectionText(m_options.element));
    if (element != "uniform")
        words << "--element" << shellQuoted(element);
    for (const auto& [space, selection] : m_options.spaces)
        words << "--set"
              << shellQuoted(QString::fromStdString(space + "=" + elementSelectionText(selection)));
    if (m_options.seed != 0)
        words << "--seed" << QString::number(m_options.seed);
    return words.join(' ');
}

} // namespace heirloom
