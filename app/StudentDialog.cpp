// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/StudentDialog.h"

#include "core/model/OpenedModel.h"
#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace heirloom {
namespace {

enum Column { Model, Parameters, Macs, Layers, Heads, Kept, ColumnCount };

QString countText(std::int64_t value) { return QString::fromStdString(shortCountText(value)); }

QString headsText(const PairFit& fit) {
    if (!fit.hasHeads)
        return QStringLiteral("–");
    const QString heads = QObject::tr("%1 of %2").arg(fit.heads).arg(fit.teacherHeads);
    return fit.hasWholeHeads ? heads : QObject::tr("%1, blended").arg(heads);
}

QTreeWidgetItem* itemOf(const StudentAdvice& advice) {
    auto* item = new QTreeWidgetItem;
    const auto model = QString::fromStdString(advice.model);
    item->setText(Model, model);
    item->setData(Model, Qt::UserRole, model);
    item->setText(Parameters, countText(advice.cost.parameters));
    item->setText(Macs, advice.cost.macs > 0 ? countText(advice.cost.macs) : QStringLiteral("–"));
    item->setText(Layers,
                  QObject::tr("%1 of %2").arg(advice.fit.layers).arg(advice.fit.teacherLayers));
    item->setText(Heads, headsText(advice.fit));
    item->setText(Kept, QObject::tr("%1 %").arg(100 * advice.fit.inheritedShare, 0, 'f', 0));
    QStringList reasons;
    for (const auto& reason : advice.fit.reasons())
        reasons << QString::fromStdString(reason);
    for (int column = 0; column < ColumnCount; ++column) {
        item->setToolTip(column, model + '\n' + reasons.join('\n'));
        if (column != Model)
            item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    }
    return item;
}

} // namespace

StudentDialog::StudentDialog(const ModelCost* teacher, const QString& present, QWidget* parent)
    : QDialog(parent), m_teacher(teacher ? *teacher : ModelCost{}),
      m_hasTeacher(teacher != nullptr), m_name(new QLineEdit(this)), m_amount(new QLineEdit(this)),
      m_unit(new QComboBox(this)), m_list(new QTreeWidget(this)), m_answer(new QLabel(this)) {
    setWindowTitle(tr("Open student"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(720, 480);

    auto* nameLabel = new QLabel(tr("&Model name, with changes after a colon"), this);
    nameLabel->setBuddy(m_name);
    m_name->setObjectName("studentName");
    m_name->setFont(monospaceFont());
    m_name->setPlaceholderText("vit_tiny_patch16_224:num_classes=100,depth=6");
    m_name->setText(present);
    m_list->setObjectName("studentSuggestions");
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAllColumnsShowFocus(true);
    m_list->setHeaderLabels(
        {tr("Student"), tr("Parameters"), tr("MACs"), tr("Layers"), tr("Heads"), tr("Inherited")});
    for (int column = 0; column < ColumnCount; ++column)
        m_list->header()->setSectionResizeMode(
            column, column == Model ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
    for (int column = Parameters; column < ColumnCount; ++column)
        m_list->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    m_list->header()->setStretchLastSection(false);
    m_answer->setObjectName("studentAnswer");
    m_answer->setWordWrap(true);
    m_answer->setText(m_hasTeacher ? QString() : tr("Open a teacher to see which students fit it"));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::group, Theme::group, Theme::group, Theme::group);
    layout->setSpacing(Theme::space);
    layout->addWidget(nameLabel);
    layout->addWidget(m_name);
    layout->addSpacing(Theme::space);
    layout->addWidget(buildBudget());
    layout->addWidget(m_list, 1);
    layout->addWidget(m_answer);
    layout->addWidget(buildButtons(!present.isEmpty()));

    connect(m_list, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (item)
            m_name->setText(item->data(Model, Qt::UserRole).toString());
    });
    connect(m_list, &QTreeWidget::itemActivated, this, &QDialog::accept);
    connect(
        this, &QDialog::accepted, this, [this] { emit studentChosen(m_name->text().trimmed()); });
}

QWidget* StudentDialog::buildBudget() {
    auto* row = new QWidget(this);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::space);
    auto* label = new QLabel(tr("Fit this &teacher within"), row);
    label->setBuddy(m_amount);
    m_amount->setObjectName("budgetAmount");
    m_amount->setAccessibleName(tr("Budget: the most that a student may cost"));
    m_amount->setFixedWidth(96);
    m_amount->setAlignment(Qt::AlignRight);
    m_unit->setObjectName("budgetUnit");
    m_unit->setAccessibleName(tr("What the budget counts"));
    m_unit->addItem(tr("parameters"), "params");
    if (m_teacher.macs > 0)
        m_unit->addItem(tr("MACs"), "macs");
    m_unit->addItem(tr("bytes"), "bytes");
    line->addWidget(label);
    line->addWidget(m_amount);
    line->addWidget(m_unit);
    line->addStretch();
    row->setEnabled(m_hasTeacher);
    suggestAmount();
    connect(m_amount, &QLineEdit::editingFinished, this, &StudentDialog::requestAdvice);
    connect(m_unit, &QComboBox::activated, this, [this] {
        suggestAmount();
        requestAdvice();
    });
    return row;
}

QWidget* StudentDialog::buildButtons(bool hasName) {
    auto* buttons = new QDialogButtonBox(this);
    auto* file = buttons->addButton(tr("From a &file…"), QDialogButtonBox::ActionRole);
    auto* open = buttons->addButton(tr("Open student"), QDialogButtonBox::AcceptRole);
    buttons->addButton(QDialogButtonBox::Cancel);
    open->setObjectName("openStudentAccept");
    setPrimary(open, true);
    open->setDefault(true);
    file->setObjectName("openStudentFile");
    file->setAutoDefault(false);
    open->setEnabled(hasName);
    connect(m_name, &QLineEdit::textChanged, open, [open](const QString& text) {
        open->setEnabled(!text.trimmed().isEmpty());
    });
    connect(file, &QPushButton::clicked, this, [this] {
        emit fileRequested();
        reject();
    });
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        if (!m_amount->hasFocus()) // Enter there asks for the list
            accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    return buttons;
}

void StudentDialog::suggestAmount() {
    const auto unit = m_unit->currentData().toString();
    const auto whole = unit == "macs"    ? m_teacher.macs
                       : unit == "bytes" ? m_teacher.bytes
                                         : m_teacher.parameters;
    if (whole <= 0)
        return;
    auto text = countText(whole / 10 * 3);
    m_amount->setText(text.remove(' '));
}

void StudentDialog::start() {
    if (m_hasTeacher)
        requestAdvice();
}

void StudentDialog::requestAdvice() {
    const auto budget =
        parseBudget((m_unit->currentData().toString() + '=' + m_amount->text()).toStdString());
    if (!budget) {
        setAdvice(std::unexpected(budget.error()));
        return;
    }
    m_answer->setText(tr("Looking for shapes…"));
    emit adviceRequested(*budget);
}

void StudentDialog::setAdvice(const Result<std::vector<StudentAdvice>>& advice) {
    m_list->clear();
    if (!advice) {
        m_answer->setText(QString::fromStdString(advice.error().message()));
        return;
    }
    m_answer->setText(tr("Best first: closest in size, then whole heads, whole ratios, published "
                         "shapes. Inherited is the share of the student's parameters."));
    for (const auto& one : *advice)
        m_list->addTopLevelItem(itemOf(one));
}

} // namespace heirloom
