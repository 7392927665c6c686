// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/DropWell.h"

#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/controls/Icon.h"

#include <QDragEnterEvent>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QUrl>
#include <QVBoxLayout>

namespace heirloom {

namespace {

/// The well's picture, in a colour that follows its state.
class WellIcon final : public QWidget {
public:
    explicit WellIcon(QString name) : m_name(std::move(name)) { setFixedSize(32, 32); }
    void setFilled(bool filled) {
        m_filled = filled;
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.drawPixmap(0, 0, iconPixmap(m_name, 32, m_filled ? theme().accent : theme().muted, devicePixelRatioF()));
    }

private:
    QString m_name;
    bool m_filled = false;
};

} // namespace

class DropWell::Private {
public:
    void tell();

    QString word;
    QString invitation;
    QString title;
    QString detail;
    bool busy = false;
    bool suggested = false;
    bool hovered = false; ///< a file is held over it
    WellIcon* picture = nullptr;
    QLabel* name = nullptr;
    ElidedLabel* line = nullptr;
    SourceButton* source = nullptr;
    QPushButton* open = nullptr;
    QWidget* extra = nullptr;
    QVBoxLayout* extraColumn = nullptr;
};

void DropWell::Private::tell() {
    const bool filled = !title.isEmpty();
    picture->setFilled(filled);
    name->setText(word);
    line->setText(busy ? tr("Reading…") : filled ? title : invitation);
    line->setTone(filled && !busy ? ElidedLabel::Tone::Text : ElidedLabel::Tone::Muted);
    open->setText(filled ? tr("Replace…") : tr("Open %1…").arg(word.toLower()));
    open->setEnabled(!busy);
    setPrimary(open, suggested && !filled && !busy);
    extra->setVisible(!filled && !busy);
}

DropWell::DropWell(const QString& word, const QString& iconName, const QString& invitation, QWidget* parent)
    : QWidget(parent), d(new Private) {
    d->word = word;
    d->invitation = invitation;
    setAcceptDrops(true);
    setMinimumHeight(184);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    d->picture = new WellIcon(iconName);
    d->name = new QLabel;
    d->name->setFont(titleFont());
    d->name->setAlignment(Qt::AlignHCenter);
    d->line = new ElidedLabel;
    d->line->setAlignment(Qt::AlignCenter);
    d->line->setObjectName(QStringLiteral("wellTitle"));
    auto* detail = new ElidedLabel({}, ElidedLabel::Tone::Muted);
    detail->setAlignment(Qt::AlignCenter);
    detail->setObjectName(QStringLiteral("wellDetail"));
    d->source = new SourceButton;
    d->open = new QPushButton;
    d->open->setObjectName(QStringLiteral("choose%1").arg(word));
    d->extra = new QWidget;
    d->extraColumn = new QVBoxLayout(d->extra);
    d->extraColumn->setContentsMargins(0, 0, 0, 0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::empty, 20, Theme::empty, Theme::group);
    column->setSpacing(Theme::tight);
    column->addWidget(d->picture, 0, Qt::AlignHCenter);
    column->addSpacing(Theme::tight);
    column->addWidget(d->name);
    column->addWidget(d->line);
    column->addWidget(detail);
    column->addWidget(d->source, 0, Qt::AlignHCenter);
    column->addSpacing(Theme::tight);
    column->addWidget(d->extra);
    column->addSpacing(Theme::tight);
    column->addWidget(d->open, 0, Qt::AlignHCenter);
    column->addStretch(1);
    connect(d->open, &QPushButton::clicked, this, &DropWell::chooseRequested);
    connect(d->source, &SourceButton::chosen, this, &DropWell::sourceRequested);
    detail->hide();
    d->tell();
}

DropWell::~DropWell() { delete d; }

void DropWell::setContent(const QString& title, const QString& detail) {
    d->title = title;
    auto* line = findChild<ElidedLabel*>(QStringLiteral("wellDetail"));
    line->setText(detail);
    line->setVisible(!detail.isEmpty() && !title.isEmpty());
    d->tell();
    update();
}

void DropWell::setSource(const SourceChoices& choices) { d->source->setChoices(choices); }

bool DropWell::isFilled() const { return !d->title.isEmpty(); }

void DropWell::setBusy(bool busy) {
    d->busy = busy;
    d->tell();
}

void DropWell::setSuggested(bool suggested) {
    d->suggested = suggested;
    d->tell();
}

void DropWell::addExtra(QWidget* widget) { d->extraColumn->addWidget(widget, 0, Qt::AlignHCenter); }

void DropWell::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool filled = isFilled();
    QPen pen(d->hovered ? t.accent : filled ? t.border : blended(t.muted, t.border, 0.5), d->hovered ? 2 : 1);
    if (!filled && !d->hovered)
        pen.setDashPattern({5, 4});
    painter.setPen(pen);
    painter.setBrush(d->hovered ? t.accentTint : t.surface);
    const double inset = d->hovered ? 1 : 0.5; // on whole pixels
    painter.drawRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), 8, 8);
}

void DropWell::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile()) {
        event->acceptProposedAction();
        d->hovered = true;
        update();
    }
}

void DropWell::dragLeaveEvent(QDragLeaveEvent*) {
    d->hovered = false;
    update();
}

void DropWell::dropEvent(QDropEvent* event) {
    d->hovered = false;
    update();
    event->acceptProposedAction();
    QStringList paths;
    for (const QUrl& url : event->mimeData()->urls())
        paths << url.toLocalFile();
    emit filesDropped(paths);
}

} // namespace heirloom
