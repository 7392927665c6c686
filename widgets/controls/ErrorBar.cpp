// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/ErrorBar.h"

#include "widgets/Theme.h"
#include "widgets/controls/Icon.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace heirloom {

namespace {

QColor colourOf(ErrorBar::Tone tone) {
    const Theme& t = theme();
    return tone == ErrorBar::Tone::Error ? t.error : tone == ErrorBar::Tone::Warning ? t.warning : t.fine;
}

} // namespace

ErrorBar::ErrorBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("errorBar"));
    auto* line = new QHBoxLayout(this);
    // Room at the left for the mark that paintEvent draws.
    line->setContentsMargins(Theme::padding + 20 + Theme::space, Theme::tight, Theme::tight, Theme::tight);
    line->setSpacing(Theme::space);
    m_text = new QLabel;
    m_text->setObjectName(QStringLiteral("errorText"));
    m_text->setTextFormat(Qt::PlainText); // a file's name may look like rich text
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setMinimumWidth(40);
    m_action = new QPushButton;
    m_action->setObjectName(QStringLiteral("errorAction"));
    m_action->hide();
    auto* close = new QPushButton(icon(QStringLiteral("close")), {});
    close->setObjectName(QStringLiteral("errorClose"));
    close->setFlat(true);
    close->setAccessibleName(tr("Close the message"));
    close->setToolTip(tr("Close"));
    line->addWidget(m_text, 1);
    line->addWidget(m_action, 0, Qt::AlignTop);
    line->addWidget(close, 0, Qt::AlignTop);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    hide();
    connect(m_action, &QPushButton::clicked, this, &ErrorBar::actionTriggered);
    connect(close, &QPushButton::clicked, this, [this] {
        setText({});
        emit closed();
    });
}

void ErrorBar::setText(const QString& text) {
    m_text->setText(text);
    m_text->setAccessibleName(text);
    setVisible(!text.isEmpty());
}

QString ErrorBar::text() const { return m_text->text(); }

void ErrorBar::setTone(Tone tone) {
    m_tone = tone;
    update();
}

void ErrorBar::setAction(const QString& word) {
    m_action->setText(word);
    m_action->setVisible(!word.isEmpty());
}

void ErrorBar::paintEvent(QPaintEvent*) {
    const QColor colour = colourOf(m_tone);
    QPainter painter(this);
    painter.fillRect(rect(), blended(colour, theme().surface, theme().dark ? 0.12 : 0.07));
    painter.fillRect(QRect(0, 0, 3, height()), colour);
    // The sign, since colour never speaks alone.
    const QString name = m_tone == Tone::Fine ? QStringLiteral("check") : QStringLiteral("alert");
    painter.drawPixmap(QPoint(Theme::padding, Theme::tight + 4), iconPixmap(name, 20, colour, devicePixelRatioF()));
}

} // namespace heirloom
