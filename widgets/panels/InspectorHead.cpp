// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/InspectorHead.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/panels/ParameterSwitch.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace heirloom {
namespace {

QString shapesText(const SelectionPlan& plan,
                   const Parameter& parameter,
                   const ParameterPlan& source,
                   const ParameterView* view) {
    const Parameter* teacher =
        source.origin == Origin::Fresh ? nullptr : plan.teacher->find(source.teacher);
    QString text = QString::fromStdString(shapeText(parameter.shape));
    if (teacher != nullptr)
        text = QString::fromStdString(shapeText(teacher->shape)) + QStringLiteral(" → ") + text;
    const DType dtype = view != nullptr      ? view->dtype
                        : teacher != nullptr ? teacher->dtype
                                             : parameter.dtype;
    return text + QStringLiteral("  ") + QString::fromStdString(std::string(dtypeName(dtype)));
}

/// Why a parameter is not simply picked from the teacher; empty when it is.
QString reasonText(const ParameterPlan& source) {
    if (source.origin == Origin::Inherited)
        return {};
    const QString what = source.origin == Origin::Fresh
                             ? InspectorHead::tr("Starts fresh, seed %1").arg(source.seed)
                             : InspectorHead::tr("Resampled");
    return source.reason.empty()
               ? what
               : what + QStringLiteral(": ") + QString::fromStdString(source.reason);
}

} // namespace

InspectorHead::InspectorHead(QWidget* parent)
    : QWidget(parent), m_name(new ElidedLabel), m_switch(new ParameterSwitch), m_shapes(new QLabel),
      m_source(new ElidedLabel({}, ElidedLabel::Tone::Muted)), m_fresh(new QLabel) {
    m_name->setObjectName(QStringLiteral("parameterName"));
    QFont bold = monospaceFont();
    bold.setBold(true);
    m_name->setFont(bold);
    m_shapes->setObjectName(QStringLiteral("shapes"));
    m_shapes->setTextFormat(Qt::PlainText);
    m_shapes->setFont(monospaceFont());
    m_shapes->setForegroundRole(QPalette::PlaceholderText);
    m_source->setObjectName(QStringLiteral("sourceName"));
    m_source->setFont(smallFont());
    m_fresh->setObjectName(QStringLiteral("freshReason"));
    m_fresh->setTextFormat(Qt::PlainText);
    m_fresh->setWordWrap(true);
    m_fresh->setContentsMargins(0, Theme::space, 0, 0);

    m_nameLine = new QHBoxLayout;
    m_nameLine->setSpacing(Theme::space);
    m_nameLine->addWidget(m_name, 1);
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(2);
    lines->addLayout(m_nameLine);
    lines->addWidget(m_shapes);
    lines->addWidget(m_switch, 0, Qt::AlignLeft);
    lines->addWidget(m_source);
    lines->addWidget(m_fresh);
    connect(m_switch, &ParameterSwitch::parameterChosen, this, &InspectorHead::parameterRequested);
}

void InspectorHead::setParameter(const SelectionPlan& plan,
                                 const std::string& parameter,
                                 const std::vector<std::string>& module,
                                 const ParameterView* view) {
    const Parameter* named = plan.student->find(parameter);
    const ParameterPlan* source = plan.find(parameter);
    if (named == nullptr || source == nullptr)
        return;
    // Two words stand beside the name, BatchNorm's five take a line of their own.
    if (module.size() == 2 && m_nameLine->indexOf(m_switch) < 0)
        m_nameLine->addWidget(m_switch);
    else if (module.size() > 2 && m_nameLine->indexOf(m_switch) >= 0) {
        m_nameLine->removeWidget(m_switch);
        static_cast<QVBoxLayout*>(layout())->insertWidget(2, m_switch, 0, Qt::AlignLeft);
    }
    m_switch->setParameters(module, parameter);
    // With a switch beside it the last word is said there.
    const std::size_t shown = module.size() > 1 && parameter.find('.') != std::string::npos
                                  ? parameter.rfind('.')
                                  : parameter.size();
    m_name->setText(QString::fromStdString(parameter.substr(0, shown)));
    m_shapes->setText(shapesText(plan, *named, *source, view));
    m_source->setText(tr("from %1").arg(QString::fromStdString(source->teacher)));
    m_source->setVisible(source->origin != Origin::Fresh && source->teacher != source->student);
    m_fresh->setText(reasonText(*source));
    m_fresh->setVisible(!m_fresh->text().isEmpty());
}

} // namespace heirloom
