// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/InspectorOptions.h"

#include "core/selection/Strategy.h"
#include "widgets/Theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>
#include <QStringList>

#include <algorithm>
#include <limits>

namespace heirloom {
namespace {

constexpr int controlWidth = 120;

QString capitalised(QString word) {
    if (!word.isEmpty())
        word[0] = word[0].toUpper();
    return word;
}

/// What "random:seed=3,consistent=false" says of each option.
QHash<QString, QString> valuesOf(const ElementSelection& selection) {
    QHash<QString, QString> values;
    const QString words =
        QString::fromStdString(elementSelectionText(selection)).section(QLatin1Char(':'), 1);
    for (const QString& word : words.split(QLatin1Char(','), Qt::SkipEmptyParts))
        values.insert(word.section(QLatin1Char('='), 0, 0), word.section(QLatin1Char('='), 1));
    return values;
}

} // namespace

InspectorOptions::InspectorOptions(QWidget* parent)
    : QWidget(parent), m_lines(new QFormLayout(this)) {
    m_lines->setContentsMargins(0, 0, 0, 0);
    m_lines->setHorizontalSpacing(Theme::space);
    m_lines->setVerticalSpacing(Theme::tight);
    m_lines->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
}

void InspectorOptions::setSelection(const ElementSelection& selection, std::uint64_t planSeed) {
    m_selection = selection;
    m_planSeed = planSeed;
    m_values = valuesOf(selection);
    while (m_lines->rowCount() > 0)
        m_lines->removeRow(0);
    addOptions();
    setVisible(m_lines->rowCount() > 0);
}

void InspectorOptions::addOptions() {
    const Strategy* strategy = findStrategy(m_selection.strategy);
    if (!strategy)
        return;
    for (const RuleOption& option : strategy->options) {
        const QString name = QString::fromUtf8(option.name);
        const QString value = m_values.value(name, QString::fromUtf8(option.standard));
        QWidget* control = nullptr;
        if (option.values.find('|') != std::string_view::npos) {
            auto* choice = new QComboBox(this);
            for (const QString& word : QString::fromUtf8(option.values).split(QLatin1Char('|')))
                choice->addItem(capitalised(word), word);
            choice->setCurrentIndex(choice->findData(value));
            // Queued: the answer takes this control away.
            connect(
                choice,
                &QComboBox::activated,
                this,
                [this, name, choice](int index) {
                    setOption(name, choice->itemData(index).toString());
                },
                Qt::QueuedConnection);
            control = choice;
        } else if (name == QLatin1String("seed")) {
            auto* number = new QSpinBox(this);
            number->setRange(0, std::numeric_limits<int>::max());
            number->setKeyboardTracking(false);
            number->setValue(static_cast<int>(std::min<std::uint64_t>(
                m_selection.seed.value_or(m_planSeed), std::numeric_limits<int>::max())));
            connect(
                number,
                &QSpinBox::valueChanged,
                this,
                [this, name](int seed) { setOption(name, QString::number(seed)); },
                Qt::QueuedConnection);
            control = number;
        } else {
            continue;
        }
        control->setObjectName(name);
        control->setAccessibleName(QString::fromUtf8(option.meaning));
        control->setToolTip(QString::fromUtf8(option.meaning));
        control->setFixedWidth(controlWidth);
        m_lines->addRow(new QLabel(capitalised(name), this), control);
    }
}

void InspectorOptions::setOption(const QString& name, const QString& value) {
    m_values.insert(name, value);
    QStringList words;
    for (auto it = m_values.cbegin(); it != m_values.cend(); ++it)
        words << it.key() + QLatin1Char('=') + it.value();
    const QString whole = QString::fromStdString(m_selection.strategy) + QLatin1Char(':') +
                          words.join(QLatin1Char(','));
    if (const auto parsed = parseElementSelection(whole.toStdString())) {
        m_selection = *parsed;
        emit selectionChanged(m_selection);
    }
}

} // namespace heirloom
