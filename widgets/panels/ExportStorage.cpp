// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/ExportStorage.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QRegularExpression>

namespace heirloom {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("ExportStorage", text); }

struct Row {
    DType dtype;
    const char* meaning;
};

constexpr Row rows[] = {
    {DType::F32, QT_TRANSLATE_NOOP("ExportStorage", "32 bits: what most training starts from")},
    {DType::F16, QT_TRANSLATE_NOOP("ExportStorage", "16 bits, 3 digits, up to 65 504")},
    {DType::BF16, QT_TRANSLATE_NOOP("ExportStorage", "16 bits, 2 digits, the range of F32")},
    {DType::F8E4M3, QT_TRANSLATE_NOOP("ExportStorage", "8 bits, 1 digit, up to 448")},
    {DType::F8E5M2, QT_TRANSLATE_NOOP("ExportStorage", "8 bits, less than 1 digit, up to 57 344")},
    {DType::F64, QT_TRANSLATE_NOOP("ExportStorage", "64 bits: nothing is gained but the type")},
};

} // namespace

std::optional<std::uint64_t> shardBytesFromText(const QString& text) {
    const QString plain = text.trimmed();
    if (plain.isEmpty() || plain.compare(tr("One file"), Qt::CaseInsensitive) == 0)
        return 0;
    static const QRegularExpression pattern(
        QStringLiteral("^([0-9.]+(?:e[0-9]+)?)\\s*(k|M|G|T)?B?$"),
        QRegularExpression::CaseInsensitiveOption);
    const auto match = pattern.match(plain);
    bool isNumber = false;
    double bytes = match.captured(1).toDouble(&isNumber);
    if (!match.hasMatch() || !isNumber)
        return std::nullopt;
    const QString unit = match.captured(2).toUpper();
    bytes *= unit == "K" ? 1e3 : unit == "M" ? 1e6 : unit == "G" ? 1e9 : unit == "T" ? 1e12 : 1;
    if (!(bytes >= 1 && bytes < 9e18))
        return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

QString storageWords(const ExportStorageChoice& choice) {
    QString words;
    if (choice.dtype) {
        const auto name = dtypeName(*choice.dtype);
        words += " --dtype " + QString::fromUtf8(name.data(), qsizetype(name.size()));
    }
    if (choice.maxShardBytes > 0) {
        constexpr std::uint64_t mega = 1'000'000;
        const auto bytes = choice.maxShardBytes;
        words += " --max-shard-size ";
        words += bytes % (1000 * mega) == 0 ? QString("%1GB").arg(bytes / (1000 * mega))
                 : bytes % mega == 0        ? QString("%1MB").arg(bytes / mega)
                                            : QString::number(bytes);
    }
    return words;
}

QComboBox* newDTypeBox() {
    auto* box = new QComboBox;
    box->setObjectName(QStringLiteral("exportDType"));
    box->setAccessibleName(tr("Type of the numbers"));
    box->addItem(tr("As they are"), -1);
    box->setItemData(0, tr("Each tensor keeps the type that it has"), Qt::ToolTipRole);
    for (const Row& row : rows) {
        const auto name = dtypeName(row.dtype);
        box->addItem(QString::fromUtf8(name.data(), qsizetype(name.size())),
                     static_cast<int>(row.dtype));
        box->setItemData(box->count() - 1, tr(row.meaning), Qt::ToolTipRole);
    }
    return box;
}

std::optional<DType> chosenDType(const QComboBox& box) {
    const int value = box.currentData().toInt();
    return value < 0 ? std::nullopt : std::optional(static_cast<DType>(value));
}

QComboBox* newShardBox() {
    auto* box = new QComboBox;
    box->setObjectName(QStringLiteral("exportShards"));
    box->setAccessibleName(tr("Largest file; more become shards"));
    box->setToolTip(tr("A larger student is split over several files with an index, as hubs have "
                       "it. A size of your own can be typed"));
    box->setEditable(true);
    box->setInsertPolicy(QComboBox::NoInsert);
    box->addItems({tr("One file"), "500 MB", "1 GB", "2 GB", "5 GB", "10 GB"});
    return box;
}

} // namespace heirloom
