// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/NumberField.h"

#include "widgets/Theme.h"

#include <QLocale>

#include <cmath>

namespace heirloom {

QString shortNumber(double value) {
    if (value == 0)
        return QStringLiteral("0");
    // Shortest digits that read back, in the plain form for what is easily read and with a power of ten for the rest.
    const double size = std::abs(value);
    if (size >= 0.01 && size < 1e6)
        return QString::number(value, 'f', QLocale::FloatingPointShortest);
    QString text = QString::number(value, 'e', QLocale::FloatingPointShortest);
    text.replace(QStringLiteral("e-0"), QStringLiteral("e-")).replace(QStringLiteral("e+0"), QStringLiteral("e"));
    return text.replace(QStringLiteral("e+"), QStringLiteral("e"));
}

NumberField::NumberField(double lowest, double highest, QWidget* parent)
    : QLineEdit(parent), m_lowest(lowest), m_highest(highest) {
    connect(this, &QLineEdit::textChanged, this, &NumberField::read);
    connect(this, &QLineEdit::editingFinished, this, [this] {
        if (!m_valid)
            setText(shortNumber(m_value));
    });
}

void NumberField::setValue(double value) { setText(shortNumber(value)); }

void NumberField::read() {
    bool ok = false;
    // A decimal comma is what half of the world types.
    const double value = text().trimmed().replace(QLatin1Char(','), QLatin1Char('.')).toDouble(&ok);
    m_valid = ok && value >= m_lowest && value <= m_highest;
    QPalette colours = palette();
    colours.setColor(QPalette::Text, m_valid ? theme().text : theme().error);
    setPalette(m_valid ? QPalette() : colours);
    setToolTip(m_valid ? QString()
                       : tr("A number from %1 to %2").arg(shortNumber(m_lowest), shortNumber(m_highest)));
    if (m_valid && value != m_value) {
        m_value = value;
        emit valueChanged(value);
    }
}

SeedField::SeedField(QWidget* parent) : QLineEdit(parent) {
    setText(QStringLiteral("0"));
    connect(this, &QLineEdit::textChanged, this, [this](const QString& text) {
        bool ok = false;
        const qulonglong value = text.trimmed().toULongLong(&ok);
        if (ok)
            m_value = value;
    });
    connect(this, &QLineEdit::editingFinished, this, [this] { setText(QString::number(m_value)); });
}

void SeedField::setValue(std::uint64_t value) { setText(QString::number(value)); }

} // namespace heirloom
