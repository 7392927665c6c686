// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/ParameterSwitch.h"

#include "widgets/Theme.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QToolButton>

#include <algorithm>

namespace heirloom {

ParameterSwitch::ParameterSwitch(QWidget* parent)
    : QWidget(parent), m_line(new QHBoxLayout(this)), m_group(new QButtonGroup(this)) {
    setObjectName(QStringLiteral("parameterSwitch"));
    m_line->setContentsMargins(0, 0, 0, 0);
    m_line->setSpacing(2);
    m_group->setExclusive(true);
    connect(m_group, &QButtonGroup::idClicked, this, [this](int id) {
        emit parameterChosen(m_names[static_cast<std::size_t>(id)]);
    });
}

void ParameterSwitch::setParameters(const std::vector<std::string>& names,
                                    const std::string& current) {
    if (names != m_names) {
        for (QAbstractButton* button : m_group->buttons()) {
            m_group->removeButton(button);
            // Not at once: the click that led here may still be under way in it.
            button->hide();
            button->deleteLater();
        }
        m_names = names;
        for (std::size_t i = 0; i < names.size(); ++i) {
            auto* button = new QToolButton(this);
            const QString word = QString::fromStdString(lastWord(names[i]));
            button->setObjectName(QStringLiteral("parameter-") + word);
            // BatchNorm's statistics have long names; the head of each is enough among its
            // neighbours.
            button->setText(word == u"running_mean"          ? tr("mean")
                            : word == u"running_var"         ? tr("var")
                            : word == u"num_batches_tracked" ? tr("n")
                                                             : word);
            button->setToolTip(QString::fromStdString(names[i]).toHtmlEscaped());
            button->setAccessibleName(word);
            button->setCheckable(true);
            button->setAutoRaise(true);
            button->setFont(smallFont());
            button->setFocusPolicy(Qt::TabFocus);
            m_group->addButton(button, static_cast<int>(i));
            m_line->addWidget(button);
        }
    }
    const auto at = std::ranges::find(names, current);
    if (at != names.end() && m_group->button(static_cast<int>(at - names.begin())) != nullptr)
        m_group->button(static_cast<int>(at - names.begin()))->setChecked(true);
    setVisible(names.size() > 1);
}

std::string lastWord(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string::npos ? name : name.substr(dot + 1);
}

} // namespace heirloom
