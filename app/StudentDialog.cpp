// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/StudentDialog.h"

#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace heirloom {

StudentDialog::StudentDialog(const QList<QPair<QString, QString>>& suggestions,
                             const QString& present,
                             QWidget* parent)
    : QDialog(parent), m_name(new QLineEdit(this)), m_list(new QListWidget(this)) {
    setWindowTitle(tr("Open student"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(480, 380);

    auto* nameLabel = new QLabel(tr("&Model name, with changes after a colon"), this);
    nameLabel->setBuddy(m_name);
    m_name->setObjectName("studentName");
    m_name->setFont(monospaceFont());
    m_name->setPlaceholderText("vit_tiny_patch16_224:num_classes=100,depth=6");
    m_name->setText(present);
    auto* listLabel =
        new QLabel(suggestions.isEmpty() ? tr("Open a teacher to see which students fit it")
                                         : tr("&Fit this teacher, largest first"),
                   this);
    listLabel->setBuddy(m_list);
    m_list->setObjectName("studentSuggestions");
    for (const auto& [name, line] : suggestions) {
        auto* item = new QListWidgetItem(name + "   " + line, m_list);
        item->setData(Qt::UserRole, name);
    }

    auto* buttons = new QDialogButtonBox(this);
    auto* file = buttons->addButton(tr("From a &file…"), QDialogButtonBox::ActionRole);
    auto* open = buttons->addButton(tr("Open student"), QDialogButtonBox::AcceptRole);
    buttons->addButton(QDialogButtonBox::Cancel);
    open->setObjectName("openStudentAccept");
    setPrimary(open, true);
    open->setDefault(true);
    file->setObjectName("openStudentFile");
    open->setEnabled(!present.isEmpty());

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::group, Theme::group, Theme::group, Theme::group);
    layout->setSpacing(Theme::space);
    layout->addWidget(nameLabel);
    layout->addWidget(m_name);
    layout->addSpacing(Theme::space);
    layout->addWidget(listLabel);
    layout->addWidget(m_list, 1);
    layout->addWidget(buttons);

    connect(m_name, &QLineEdit::textChanged, open, [open](const QString& text) {
        open->setEnabled(!text.trimmed().isEmpty());
    });
    connect(m_list, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* item) {
        if (item)
            m_name->setText(item->data(Qt::UserRole).toString());
    });
    connect(m_list, &QListWidget::itemActivated, this, &QDialog::accept);
    connect(file, &QPushButton::clicked, this, [this] {
        emit fileRequested();
        reject();
    });
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(
        this, &QDialog::accepted, this, [this] { emit studentChosen(m_name->text().trimmed()); });
}

} // namespace heirloom
