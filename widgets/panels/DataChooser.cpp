// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/DataChooser.h"

#include "widgets/Theme.h"

#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <utility>
#include <vector>

namespace heirloom {

class DataChooser::Private {
public:
    explicit Private(DataChooser* owner) : q(owner) {}

    void refill();
    void ask(QFileDialog::FileMode mode);
    [[nodiscard]] int indexOf(const DataSource& source) const;

    DataChooser* q;
    std::vector<std::pair<QString, DataSource>> entries;
    int current = -1;
    bool hasBuiltIn = false;
    QComboBox* box = nullptr;
    QLabel* info = nullptr;
};

int DataChooser::Private::indexOf(const DataSource& source) const {
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].second.path == source.path)
            return int(i);
    return -1;
}

void DataChooser::Private::refill() {
    const QSignalBlocker quiet(box);
    box->clear();
    for (const auto& [title, source] : entries) {
        box->addItem(title);
        box->setItemData(box->count() - 1, QString::fromStdString(source.path.string()), Qt::ToolTipRole);
    }
    if (!entries.empty())
        box->insertSeparator(box->count());
    box->addItem(tr("Choose a folder…"), QStringLiteral("folder"));
    box->addItem(tr("Choose an HDF5 file…"), QStringLiteral("file"));
    box->setCurrentIndex(current);
    box->setToolTip(current < 0 ? QString()
                                : QString::fromStdString(entries[std::size_t(current)].second.path.string()));
}

void DataChooser::Private::ask(QFileDialog::FileMode mode) {
    auto* dialog = new QFileDialog(q, mode == QFileDialog::Directory ? tr("Folder of images") : tr("HDF5 dataset"));
    dialog->setObjectName(QStringLiteral("dataDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(mode);
    if (mode == QFileDialog::Directory)
        dialog->setOption(QFileDialog::ShowDirsOnly);
    else
        dialog->setNameFilters({tr("HDF5 datasets (*.h5 *.hdf5)"), tr("All files (*)")});
    QObject::connect(dialog, &QFileDialog::fileSelected, q, [this](const QString& path) {
        DataSource source;
        source.path = path.toStdString();
        q->setSource(source);
        emit q->chosen(source);
    });
    dialog->open(); // not modal to the loop: the window lives on
}

DataChooser::DataChooser(QWidget* parent) : QWidget(parent), d(new Private(this)) {
    d->box = new QComboBox;
    d->box->setObjectName(QStringLiteral("data"));
    d->box->setPlaceholderText(tr("Choose…"));
    d->box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    d->info = new QLabel;
    d->info->setObjectName(QStringLiteral("dataInfo"));
    d->info->setTextFormat(Qt::PlainText);
    d->info->setFont(smallFont());
    d->info->setForegroundRole(QPalette::PlaceholderText);
    d->info->setWordWrap(true);
    d->info->hide();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::tight);
    column->addWidget(d->box);
    column->addWidget(d->info);
    d->refill();
    connect(d->box, &QComboBox::activated, this, [this](int index) {
        const QString deed = d->box->itemData(index).toString();
        if (deed.isEmpty()) {
            if (index == d->current)
                return;
            d->current = index;
            d->info->hide();
            d->refill();
            emit chosen(source());
            return;
        }
        d->refill(); // the choice stays what it was until a path is there
        d->ask(deed == QLatin1String("folder") ? QFileDialog::Directory : QFileDialog::ExistingFile);
    });
}

DataChooser::~DataChooser() { delete d; }

void DataChooser::setBuiltIn(const QString& title, const DataSource& source) {
    if (d->hasBuiltIn) {
        d->entries.front() = {title, source};
    } else {
        d->entries.insert(d->entries.begin(), {title, source});
        d->hasBuiltIn = true;
        d->current = d->current < 0 ? 0 : d->current + 1;
    }
    d->refill();
}

void DataChooser::setSource(const DataSource& source) {
    int index = d->indexOf(source);
    if (index < 0 && !source.path.empty()) {
        std::filesystem::path path = source.path;
        if (!path.has_filename()) // a folder written with a slash at its end
            path = path.parent_path();
        d->entries.emplace_back(QString::fromStdString(path.filename().string()), source);
        index = int(d->entries.size()) - 1;
    } else if (index >= 0) {
        d->entries[std::size_t(index)].second = source;
    }
    if (index != d->current)
        d->info->hide();
    d->current = index;
    d->refill();
}

void DataChooser::setInfo(const DatasetInfo& info) {
    QStringList parts;
    parts << tr("%1 train").arg(groupedNumber(info.trainImages));
    if (info.heldOutImages > 0)
        parts << tr("%1 held out").arg(groupedNumber(info.heldOutImages));
    else
        parts << tr("none held out: no accuracy");
    if (!info.classes.empty())
        parts << tr("%1 classes").arg(groupedNumber(qint64(info.classes.size())));
    if (info.width > 0)
        parts << QStringLiteral("%1×%2").arg(info.width).arg(info.height);
    d->info->setText(parts.join(QStringLiteral(" · ")));
    d->info->show();
}

DataSource DataChooser::source() const {
    return d->current < 0 ? DataSource{} : d->entries[std::size_t(d->current)].second;
}

QComboBox* DataChooser::field() const { return d->box; }

} // namespace heirloom
