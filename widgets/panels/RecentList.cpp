// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/RecentList.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/controls/Icon.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace heirloom {

RecentList::RecentList(QWidget* parent) : QWidget(parent) {
    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(Theme::tight);
}

void RecentList::setFiles(const QList<RecentFile>& files) {
    while (QLayoutItem* item = m_column->takeAt(0)) {
        item->widget()->hide(); // at once; deleted later, since its own button may have asked for this
        item->widget()->deleteLater();
        delete item;
    }
    if (files.isEmpty()) {
        auto* none = new QLabel(tr("Checkpoints that you open are listed here."));
        none->setForegroundRole(QPalette::PlaceholderText);
        m_column->addWidget(none);
    }
    for (qsizetype i = 0; i < files.size(); ++i) {
        const RecentFile& file = files[i];
        auto* row = new QWidget;
        auto* line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(Theme::tight);
        auto* words = new QVBoxLayout;
        words->setSpacing(0);
        auto* name = new ElidedLabel(QFileInfo(file.path).fileName(),
                                     file.exists ? ElidedLabel::Tone::Text : ElidedLabel::Tone::Muted);
        name->setFont(monospaceFont());
        name->setToolTip(file.path.toHtmlEscaped());
        auto* summary = new ElidedLabel(file.summary, ElidedLabel::Tone::Muted);
        summary->setFont(smallFont());
        words->addWidget(name);
        words->addWidget(summary);
        line->addLayout(words, 1);
        const auto button = [&](const QString& word, const QString& object, const QString& tip) {
            auto* b = new QPushButton(word);
            b->setObjectName(QStringLiteral("%1-%2").arg(object).arg(i));
            b->setFlat(true);
            b->setEnabled(file.exists);
            b->setToolTip(tip);
            b->setAccessibleName(QStringLiteral("%1: %2").arg(tip, QFileInfo(file.path).fileName()));
            line->addWidget(b);
            return b;
        };
        QPushButton* teacher = button(tr("Teacher"), QStringLiteral("recentTeacher"), tr("Open as the teacher"));
        QPushButton* student = button(tr("Student"), QStringLiteral("recentStudent"), tr("Open as the student"));
        connect(teacher, &QPushButton::clicked, this, [this, path = file.path] { emit teacherRequested(path); });
        connect(student, &QPushButton::clicked, this, [this, path = file.path] { emit studentRequested(path); });
        m_column->addWidget(row);
    }
}

} // namespace heirloom
