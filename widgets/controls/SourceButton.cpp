// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/SourceButton.h"

#include "widgets/Theme.h"
#include "widgets/controls/Pill.h"

#include <QActionGroup>
#include <QLocale>
#include <QMenu>
#include <QPainter>

#include <algorithm>

namespace heirloom {
namespace {

constexpr int longestText = 24; ///< characters of a nest's name before it is elided
constexpr auto arrow = " ▾";

/// A name from a file in a menu: an ampersand is no access key there.
QString menuText(const std::string& text) {
    return QString::fromStdString(text).replace('&', "&&");
}

QString shortened(const std::string& name) {
    const QString text = QString::fromStdString(name);
    return text.size() <= longestText
               ? text
               : text.left(longestText / 2) + "…" + text.right(longestText / 2);
}

} // namespace

SourceButton::SourceButton(QWidget* parent) : QAbstractButton(parent) {
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(this, &QAbstractButton::clicked, this, &SourceButton::showMenu);
    hide();
}

void SourceButton::setChoices(const SourceChoices& choices) {
    m_choices = choices;
    QString text;
    if (choices.nests.size() > 1)
        text = choices.nest.empty() ? tr("whole file") : shortened(choices.nest);
    else
        text = choices.prefix.empty() ? tr("names as stored")
                                      : tr("without %1").arg(shortened(choices.prefix));
    setText(text + QString::fromUtf8(arrow));
    setAccessibleName(tr("Read from the file: %1").arg(text));
    setToolTip(choices.isDoubtful ? tr("Nothing known was found so; another choice may be the net")
                                  : tr("What is read from this file: press for the other choices"));
    setVisible(!choices.isEmpty());
    updateGeometry();
    update();
}

QSize SourceButton::sizeHint() const { return pillSize(text()); }

void SourceButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const bool isStrong = hasFocus() || isDown() || underMouse();
    drawPill(painter,
             rect(),
             text(),
             isStrong               ? theme().accent
             : m_choices.isDoubtful ? theme().warning
                                    : theme().muted);
}

void SourceButton::addNests(QMenu& menu) {
    if (m_choices.nests.size() < 2)
        return;
    menu.addSection(tr("Read from"));
    auto* group = new QActionGroup(&menu);
    for (const NestChoice& nest : m_choices.nests) {
        const QString name = nest.path.empty() ? tr("the whole file") : menuText(nest.path);
        const QString count =
            nest.tensors == 1 ? tr("1 tensor")
                              : tr("%1 tensors").arg(QLocale().toString(qlonglong(nest.tensors)));
        auto* action = menu.addAction(tr("%1 · %2").arg(name, count));
        action->setCheckable(true);
        action->setChecked(nest.path == m_choices.nest);
        group->addAction(action);
        // The other nest has prefixes of its own: those of wrappers come off by themselves.
        connect(action, &QAction::triggered, this, [this, path = nest.path] {
            if (path != m_choices.nest)
                emit chosen({path, std::nullopt});
        });
    }
}

void SourceButton::addPrefixes(QMenu& menu) {
    if (m_choices.prefixes.empty() && m_choices.prefix.empty())
        return;
    std::vector<std::string> prefixes = {""};
    if (!m_choices.prefix.empty())
        prefixes.push_back(m_choices.prefix);
    for (const std::string& prefix : m_choices.prefixes)
        if (std::ranges::find(prefixes, prefix) == prefixes.end())
            prefixes.push_back(prefix);
    menu.addSection(tr("Names"));
    auto* group = new QActionGroup(&menu);
    for (const std::string& prefix : prefixes) {
        auto* action = menu.addAction(prefix.empty() ? tr("as stored")
                                                     : tr("without “%1”").arg(menuText(prefix)));
        action->setCheckable(true);
        action->setChecked(prefix == m_choices.prefix);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, prefix] {
            if (prefix != m_choices.prefix)
                emit chosen({shownNest(), prefix});
        });
    }
}

std::optional<std::string> SourceButton::shownNest() const {
    return m_choices.nests.size() > 1 ? std::optional(m_choices.nest) : std::nullopt;
}

void SourceButton::showMenu() {
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("sourceMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    addNests(*menu);
    addPrefixes(*menu);
    menu->popup(mapToGlobal(QPoint(0, height() + 2)));
}

} // namespace heirloom
