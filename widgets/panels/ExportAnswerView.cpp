// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/ExportAnswerView.h"

#include "widgets/Theme.h"
#include "widgets/controls/Icon.h"
#include "widgets/panels/ExportPath.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace heirloom {

namespace {

/// A line that opens the file elsewhere, in the words of its format.
QString loadLine(const QString& path) {
    const QString index = QStringLiteral(".safetensors.index.json");
    if (path.endsWith(index))
        return QStringLiteral("{name: tensor for file in glob.glob(\"%1-*-of-*.safetensors\") "
                              "for name, tensor in safetensors.torch.load_file(file).items()}")
            .arg(path.chopped(index.size()));
    const ExportFormat* format = formatOf(path);
    if (format == nullptr)
        return {};
    if (format->ending == QLatin1String(".safetensors"))
        return QStringLiteral("safetensors.torch.load_file(\"%1\")").arg(path);
    if (format->ending == QLatin1String(".pth"))
        return QStringLiteral("torch.load(\"%1\", weights_only=True)").arg(path);
    return QStringLiteral("h5py.File(\"%1\")").arg(path);
}

} // namespace

ExportAnswerView::ExportAnswerView(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("exportAnswer"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::padding + 20 + Theme::space, Theme::padding, Theme::padding, Theme::padding);
    column->setSpacing(Theme::tight);
    const auto line = [&](const QFont& font, bool muted, const char* name) {
        auto* label = new QLabel;
        label->setObjectName(QLatin1String(name));
        label->setFont(font);
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        if (muted)
            label->setForegroundRole(QPalette::PlaceholderText);
        column->addWidget(label);
        return label;
    };
    m_title = line(titleFont(), false, "exportVerdict");
    m_path = line(monospaceFont(), false, "exportedPath");
    m_size = line(smallFont(), true, "exportedSize");
    m_notes = line(smallFont(), false, "exportedNotes");
    m_hash = line(monospaceFont(), true, "exportedHash");
    column->addSpacing(Theme::tight);
    m_use = line(monospaceFont(), false, "exportedUse");
    auto* copy = new QPushButton(tr("Copy this line"));
    copy->setObjectName(QStringLiteral("copyUse"));
    column->addWidget(copy, 0, Qt::AlignLeft);
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_use->text()); });
    clear();
}

void ExportAnswerView::show(const ExportAnswer& answer) {
    m_verified = answer.verified;
    m_title->setText(answer.verified
                         ? tr("Written and read again: all %1 tensors are equal").arg(groupedNumber(answer.tensors))
                         : tr("Written, but not read again: check it before you rely on it"));
    m_path->setText(answer.path);
    const QString size = tr("%1 (%2 bytes)").arg(byteText(answer.bytes), groupedNumber(answer.bytes));
    m_size->setText(answer.files > 1 ? tr("%1 in %2 files and their index").arg(size).arg(answer.files) : size);
    m_notes->setText(answer.notes.join(QLatin1Char('\n')));
    m_notes->setVisible(!answer.notes.isEmpty());
    m_hash->setText(QStringLiteral("sha256 %1").arg(answer.sha256));
    m_hash->setVisible(!answer.sha256.isEmpty());
    m_use->setText(loadLine(answer.path));
    setVisible(true);
    update();
}

void ExportAnswerView::clear() { setVisible(false); }

void ExportAnswerView::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    const QColor colour = m_verified ? t.fine : t.warning;
    QPainter painter(this);
    painter.fillRect(rect(), blended(colour, t.surface, t.dark ? 0.12 : 0.06));
    painter.fillRect(QRect(0, 0, 3, height()), colour);
    painter.drawPixmap(QPoint(Theme::padding, Theme::padding),
                       iconPixmap(m_verified ? QStringLiteral("check") : QStringLiteral("alert"), 20, colour,
                                  devicePixelRatioF()));
}

} // namespace heirloom
