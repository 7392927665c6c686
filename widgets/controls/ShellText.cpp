// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/ShellText.h"

#include <QRegularExpression>

namespace heirloom {

QString shellQuoted(const QString& word) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=,@%+-]+$"));
    if (plain.match(word).hasMatch())
        return word;
    QString quoted = word;
    quoted.replace('\'', "'\\''");
    return '\'' + quoted + '\'';
}

} // namespace heirloom
