// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/MapPresenter.h"

#include "app/ModelSource.h"

#include <algorithm>

namespace heirloom {
namespace {

QStringList shown(const std::vector<std::string>& notes) {
    QStringList lines;
    for (const std::string& note : notes)
        lines << QString::fromStdString(note);
    return lines;
}

QStringList notesOf(const OpenedModel& model) {
    return (model.checkpoint ? shown(model.checkpoint->notes()) : QStringList()) +
           shown(model.spec->notes);
}

} // namespace

std::string patternLike(const std::string& space) {
    std::string pattern;
    for (std::size_t begin = 0; begin <= space.size();) {
        const auto end = std::min(space.find('.', begin), space.size());
        const auto part = space.substr(begin, end - begin);
        const bool isNumber =
            !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        pattern += (begin == 0 ? "" : ".") + (isNumber ? std::string("*") : part);
        begin = end + 1;
    }
    return pattern;
}

SelectionOptions withStrategy(SelectionOptions options,
                              const std::string& space,
                              const ElementSelection& selection,
                              StrategyScope scope) {
    options.asPublished = false;
    const std::string name = scope == StrategyScope::AllLikeIt ? patternLike(space) : space;
    std::erase_if(options.spaces, [&](const auto& entry) {
        return entry.first == name ||
               (scope == StrategyScope::AllLikeIt && patternLike(entry.first) == name);
    });
    if (options.elementFor(space) != selection)
        options.spaces.emplace_back(name, selection);
    return options;
}

MapPresenter::MapPresenter(Document& document, JobRunner& jobs, MapPanel& panel, QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_panel(panel) {
    connect(&document, &Document::planChanged, this, &MapPresenter::showPlan);
    connect(&document, &Document::planFailed, this, [this](const Error& error) {
        m_panel.showError(QString::fromStdString(error.message()));
    });
    connect(&panel, &MapPanel::viewRequested, this, &MapPresenter::view);
    connect(&panel, &MapPanel::strategyRequested, this, &MapPresenter::setStrategy);
    connect(&panel, &MapPanel::publishedRequested, this, &MapPresenter::setPublished);
    connect(&panel, &MapPanel::layerRequested, this, &MapPresenter::setLayer);
    connect(&panel, &MapPanel::layerRuleRequested, this, &MapPresenter::setLayerRule);
    connect(&panel, &MapPanel::teacherSourceRequested, &document, &Document::readTeacherFrom);
    connect(&panel, &MapPanel::studentSourceRequested, &document, &Document::readStudentFrom);
}

void MapPresenter::showPlan() {
    m_panel.showError({});
    const auto plan = m_document.plan();
    if (plan) {
        m_panel.setTitles(QString::fromStdString(m_document.teacher()->title()),
                          QString::fromStdString(m_document.student()->title()));
        m_panel.setSources(sourceOf(m_document.teacher()), sourceOf(m_document.student()));
        m_panel.setNotes(notesOf(*m_document.teacher()),
                         notesOf(*m_document.student()) + shown(plan->notes));
    }
    m_panel.setPlan(plan);
    if (plan && !m_panel.currentParameter().empty())
        view(m_panel.currentParameter());
}

void MapPresenter::view(const std::string& parameter) {
    const auto plan = m_document.plan();
    if (!plan)
        return;
    using View = std::shared_ptr<const ParameterView>;
    using Choices = std::shared_ptr<const std::vector<WhatIf>>;
    const auto teacher = m_document.planWeights();
    m_panel.setViewBusy(true);
    m_jobs.run<View>(
        "view",
        [teacher, plan, parameter](std::stop_token stop) -> Result<View> {
            auto made = viewParameter(*teacher, *plan, parameter, stop);
            if (!made)
                return std::unexpected(made.error());
            return std::make_shared<const ParameterView>(std::move(*made));
        },
        [this](Result<View> made) {
            m_panel.setViewBusy(false);
            if (made)
                m_panel.setView(*made);
            else
                m_panel.showError(QString::fromStdString(made.error().message()));
        });
    m_jobs.run<Choices>(
        "choices",
        [teacher, plan, parameter](std::stop_token stop) -> Result<Choices> {
            auto made = whatIfs(*teacher, *plan, parameter, 80, 42, stop);
            if (!made)
                return std::unexpected(made.error());
            return std::make_shared<const std::vector<WhatIf>>(std::move(*made));
        },
        [this, parameter](Result<Choices> made) {
            // A failure to read is already told by the view.
            m_panel.setWhatIfs(parameter,
                               made ? *made : std::make_shared<const std::vector<WhatIf>>());
        });
}

void MapPresenter::setStrategy(const std::string& space,
                               const ElementSelection& selection,
                               StrategyScope scope) {
    const auto name = scope == StrategyScope::AllLikeIt ? patternLike(space) : space;
    m_document.requestOptions(
        withStrategy(m_document.options(), space, selection, scope),
        tr("%1: %2").arg(QString::fromStdString(name),
                         QString::fromStdString(elementSelectionText(selection))));
}

void MapPresenter::setPublished(bool asPublished) {
    auto options = m_document.options();
    options.asPublished = asPublished;
    m_document.requestOptions(options,
                              asPublished ? tr("As published") : tr("One list an index space"));
}

void MapPresenter::setLayerRule(const std::string& rule) {
    auto options = m_document.options();
    options.asPublished = false;
    options.layers.rule = rule;
    options.layers.byHand.clear();
    m_document.requestOptions(options, tr("Layers: %1").arg(QString::fromStdString(rule)));
}

void MapPresenter::setLayer(const std::string& stack, int studentPosition, int teacherPosition) {
    const auto plan = m_document.plan();
    if (!plan)
        return;
    auto options = m_document.options();
    options.asPublished = false;
    auto& positions = options.layers.byHand[stack];
    const auto layers = plan->student->layersOf(stack);
    if (positions.size() != layers.size()) {
        positions.clear();
        for (const int layer : layers) {
            const int teacherLayer = plan->mapping.teacherLayer[static_cast<std::size_t>(layer)];
            positions.push_back(
                teacherLayer < 0
                    ? -1
                    : plan->teacher->layers[static_cast<std::size_t>(teacherLayer)].position);
        }
    }
    if (studentPosition < 0 || studentPosition >= static_cast<int>(positions.size()))
        return;
    positions[static_cast<std::size_t>(studentPosition)] = teacherPosition;
    const QString what = teacherPosition < 0 ? tr("fresh")
                                             : QString::fromStdString(stack) + '.' +
                                                   QString::number(teacherPosition);
    m_document.requestOptions(
        options,
        tr("%1.%2 from %3").arg(QString::fromStdString(stack)).arg(studentPosition).arg(what));
}

} // namespace heirloom
