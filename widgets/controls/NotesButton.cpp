// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/NotesButton.h"

#include "widgets/Theme.h"
#include "widgets/controls/Pill.h"

#include <QFrame>
#include <QLabel>
#include <QPainter>
#include <QScreen>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace heirloom {
namespace {

constexpr int popupWidth = 420;
constexpr int popupHeight = 360; ///< at most; more notes scroll

} // namespace

NotesButton::NotesButton(QWidget* parent) : QAbstractButton(parent) {
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover); // drawn anew when the mouse comes and goes
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(this, &QAbstractButton::clicked, this, &NotesButton::showNotes);
    hide();
}

void NotesButton::setNotes(const QStringList& notes) {
    m_notes = notes;
    setText(notes.size() == 1 ? tr("1 note") : tr("%1 notes").arg(notes.size()));
    QString tip; // escaped: names from a file are shown as they are written, never as markup
    for (const QString& note : notes.mid(0, 3))
        tip += QStringLiteral("<p>%1</p>").arg(note.toHtmlEscaped());
    setToolTip(notes.size() > 3 ? tip + QStringLiteral("<p>…</p>") : tip);
    setAccessibleDescription(notes.join(QStringLiteral(". ")));
    setVisible(!notes.isEmpty());
    updateGeometry();
    update();
}

QSize NotesButton::sizeHint() const { return pillSize(text()); }

void NotesButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const bool isStrong = hasFocus() || isDown() || underMouse();
    drawPill(painter, rect(), text(), isStrong ? theme().accent : theme().warning);
}

void NotesButton::showNotes() {
    auto* popup = new QFrame(this, Qt::Popup);
    popup->setObjectName(QStringLiteral("notes"));
    popup->setAttribute(Qt::WA_DeleteOnClose);
    popup->setFrameShape(QFrame::StyledPanel);
    auto* scroller = new QScrollArea;
    scroller->setFrameShape(QFrame::NoFrame);
    scroller->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* list = new QWidget;
    auto* column = new QVBoxLayout(list);
    column->setContentsMargins(Theme::padding, Theme::padding, Theme::padding, Theme::padding);
    column->setSpacing(Theme::space);
    for (const QString& note : m_notes) {
        auto* line = new QLabel(note);
        line->setTextFormat(Qt::PlainText);
        line->setWordWrap(true);
        line->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        line->setFixedWidth(popupWidth - 2 * Theme::padding);
        column->addWidget(line);
    }
    list->adjustSize();
    scroller->setWidget(list);
    auto* whole = new QVBoxLayout(popup);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(scroller);
    const int bar = scroller->style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    popup->setFixedSize(popupWidth + bar, std::min(list->height() + 2, popupHeight));
    const QRect space = screen()->availableGeometry();
    QPoint corner = mapToGlobal(QPoint(0, height() + 4));
    corner.setX(std::clamp(
        corner.x(), space.left(), std::max(space.left(), space.right() - popup->width())));
    popup->move(corner);
    popup->show();
}

} // namespace heirloom
