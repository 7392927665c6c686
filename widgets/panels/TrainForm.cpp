// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/TrainForm.h"

#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"
#include "widgets/controls/ErrorBar.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/panels/DataChooser.h"
#include "widgets/panels/FormParts.h"
#include "widgets/panels/NumberField.h"
#include "widgets/panels/RunRow.h"
#include "widgets/panels/ScheduleFields.h"
#include "widgets/panels/TrainPresets.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QGridLayout>
#include <QLabel>
#include <QMimeData>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace heirloom {

namespace {

constexpr int formWidth = 284;

QString deviceTitle(const QString& device) {
    if (device == QLatin1String("cpu"))
        return TrainForm::tr("CPU");
    if (device.startsWith(QLatin1String("cuda:")))
        return TrainForm::tr("GPU %1").arg(device.mid(5));
    return device == QLatin1String("cuda") ? TrainForm::tr("GPU") : device;
}

} // namespace

class TrainForm::Private {
public:
    explicit Private(TrainForm* owner) : q(owner) {}

    void build();
    QWidget* buildMain();
    void connectAll();
    void changed();
    void applyPreset(int index);
    [[nodiscard]] FineTuneOptions options() const;
    void setOptions(const FineTuneOptions& o);
    [[nodiscard]] QString estimate() const;

    template <class W>
    W* named(W* widget, const char* name) const {
        widget->setObjectName(QLatin1String(name));
        return widget;
    }
    [[nodiscard]] QSpinBox* spin(const char* name, int low, int high) const {
        auto* box = named(new QSpinBox, name);
        box->setRange(low, high);
        return box;
    }

    TrainForm* q;
    bool hasSubject = false;
    bool loading = false; ///< values are being set by the program
    qint64 trainImages = 0;
    double imagesPerSecond = 0;
    SectionTitle* title = nullptr;
    DataChooser* data = nullptr;
    QComboBox* preset = nullptr;
    QSpinBox* epochs = nullptr;
    NumberField* rate = nullptr;
    QSpinBox* batch = nullptr;
    QComboBox* optimizer = nullptr;
    SeedField* seed = nullptr;
    QComboBox* device = nullptr;
    QLabel* deviceNote = nullptr;
    QLabel* effective = nullptr;
    QCheckBox* twin = nullptr;
    FoldButton* fold = nullptr;
    ScheduleFields* schedule = nullptr;
    ErrorBar* error = nullptr;
    QPushButton* start = nullptr;
    QLabel* hint = nullptr;
};

void TrainForm::Private::build() {
    q->setAcceptDrops(true);
    q->setFixedWidth(formWidth);
    title = new SectionTitle(tr("Fine-tune"));

    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::padding, Theme::tight, Theme::padding, 0);
    column->setSpacing(Theme::space);
    column->addWidget(buildMain());
    fold = named(new FoldButton(tr("Augmentation and schedule")), "foldAdvanced");
    schedule = new ScheduleFields;
    column->addWidget(fold);
    column->addWidget(schedule);
    fold->setFolded(schedule);

    error = new ErrorBar;
    error->setObjectName(QStringLiteral("trainError"));
    start = named(new QPushButton(tr("Start")), "startTraining");
    setPrimary(start, true);
    hint = mutedLine(QStringLiteral("startHint"));
    auto* startLine = new QHBoxLayout;
    startLine->setContentsMargins(Theme::padding, Theme::group, Theme::padding, Theme::padding);
    startLine->setSpacing(Theme::space);
    startLine->addWidget(start);
    startLine->addWidget(hint, 1);

    auto* all = new QVBoxLayout(q);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    all->addWidget(title);
    auto* area = new FormArea(content, formWidth);
    all->addWidget(area, 0);
    all->addWidget(error);
    all->addLayout(startLine);
    all->addStretch(1);
    connectAll();
}

QWidget* TrainForm::Private::buildMain() {
    data = new DataChooser;
    preset = named(new QComboBox, "preset");
    for (const TrainPreset& p : trainPresets()) {
        preset->addItem(p.title);
        preset->setItemData(preset->count() - 1, p.meaning, Qt::ToolTipRole);
    }
    preset->addItem(tr("Own values"));
    epochs = spin("epochs", 1, 100'000);
    rate = named(new NumberField(1e-12, 1e3), "learningRate");
    batch = spin("batchSize", 1, 65'536);
    optimizer = named(new QComboBox, "optimizer");
    optimizer->addItems({tr("AdamW"), tr("SGD")});
    seed = named(new SeedField, "seed");
    device = named(new QComboBox, "device");
    device->addItem(deviceTitle(QStringLiteral("cpu")), QStringLiteral("cpu"));
    deviceNote = mutedLine(QStringLiteral("deviceNote"));
    deviceNote->hide();
    effective = mutedLine(QStringLiteral("effectiveBatch"));
    twin = named(new QCheckBox(tr("Also train a random-init twin")), "randomTwin");
    twin->setToolTip(tr("The same student from random weights, with the same data order: what the selection is worth"));

    auto* main = new QWidget;
    QGridLayout* grid = fieldGrid(main);
    grid->addWidget(fieldCaption(tr("&Data"), data->field()), 0, 0, 1, 2);
    grid->addWidget(data, 1, 0, 1, 2);
    grid->setRowMinimumHeight(2, Theme::space);
    int row = addWide(*grid, 3, tr("&Preset"), preset);
    row = addPair(*grid, row, tr("&Epochs"), epochs, tr("&Learning rate"), rate);
    row = addPair(*grid, row, tr("&Batch"), batch, tr("&Optimizer"), optimizer);
    row = addPair(*grid, row, tr("Seed"), seed, tr("Device"), device);
    for (QWidget* line : {static_cast<QWidget*>(deviceNote), static_cast<QWidget*>(effective), static_cast<QWidget*>(twin)})
        grid->addWidget(line, row++, 0, 1, 2);
    return main;
}

void TrainForm::Private::connectAll() {
    const auto change = [this] { changed(); };
    for (QSpinBox* box : {epochs, batch})
        QObject::connect(box, &QSpinBox::valueChanged, q, change);
    QObject::connect(rate, &QLineEdit::textChanged, q, change);
    QObject::connect(schedule, &ScheduleFields::changed, q, change);
    QObject::connect(optimizer, &QComboBox::currentIndexChanged, q, change);
    QObject::connect(device, &QComboBox::currentIndexChanged, q, change);
    QObject::connect(twin, &QCheckBox::toggled, q, change);
    QObject::connect(preset, &QComboBox::activated, q, [this](int index) { applyPreset(index); });
    QObject::connect(data, &DataChooser::chosen, q, [this](const DataSource& source) {
        trainImages = 0;
        changed();
        emit q->dataRequested(source);
    });
    QObject::connect(start, &QPushButton::clicked, q, [this] { emit q->startRequested(q->request()); });
}

FineTuneOptions TrainForm::Private::options() const {
    FineTuneOptions o;
    schedule->writeTo(o);
    o.epochs = epochs->value();
    o.batchSize = batch->value();
    o.optimizer = optimizer->currentIndex() == 0 ? Optimizer::AdamW : Optimizer::Sgd;
    o.learningRate = rate->value();
    o.seed = seed->value();
    o.device = device->currentData().toString().toStdString();
    return o;
}

void TrainForm::Private::setOptions(const FineTuneOptions& o) {
    loading = true;
    epochs->setValue(o.epochs);
    batch->setValue(o.batchSize);
    optimizer->setCurrentIndex(o.optimizer == Optimizer::AdamW ? 0 : 1);
    rate->setValue(o.learningRate);
    seed->setValue(o.seed);
    const QString name = QString::fromStdString(o.device);
    if (device->findData(name) < 0)
        device->addItem(deviceTitle(name), name);
    device->setCurrentIndex(device->findData(name));
    schedule->readFrom(o);
    loading = false;
    changed();
}

void TrainForm::Private::applyPreset(int index) {
    if (index >= int(trainPresets().size()))
        return;
    FineTuneOptions o = trainPresets()[std::size_t(index)].options;
    o.seed = seed->value();
    o.device = device->currentData().toString().toStdString();
    setOptions(o);
}

void TrainForm::Private::changed() {
    if (loading)
        return;
    const FineTuneOptions o = options();
    const auto& presets = trainPresets();
    const auto at = std::ranges::find_if(presets, [&o](const TrainPreset& p) { return matchesPreset(o, p); });
    const QSignalBlocker quiet(preset);
    preset->setCurrentIndex(int(at - presets.begin())); // the end is "Own values"
    schedule->setOptimizer(o.optimizer);
    effective->setText(tr("Effective batch %1 × 1 device × 1 step = %1").arg(groupedNumber(o.batchSize)));
    const bool valid = rate->isValid() && schedule->isValid();
    const bool hasData = !data->source().path.empty();
    start->setEnabled(hasSubject && valid && hasData);
    hint->setText(!hasSubject ? tr("Open a teacher and a student first")
                  : !hasData  ? tr("Choose the data first")
                  : !valid    ? tr("A value in red is out of range")
                              : estimate());
}

QString TrainForm::Private::estimate() const {
    if (trainImages <= 0)
        return {};
    const FineTuneOptions o = options();
    const double images = double(trainImages) * o.epochs;
    if (imagesPerSecond > 0)
        return tr("about %1, by the last run").arg(durationText(std::ceil(images / imagesPerSecond)));
    const qint64 steps = (trainImages + o.batchSize - 1) / o.batchSize * o.epochs;
    return tr("%1 steps%2").arg(groupedNumber(steps), twin->isChecked() ? tr(", and the twin's") : QString());
}

TrainForm::TrainForm(QWidget* parent) : QWidget(parent), d(new Private(this)) {
    d->build();
    setOptions(trainPresets().front().options, true);
}

TrainForm::~TrainForm() { delete d; }

void TrainForm::setSubject(const QString& title) {
    d->hasSubject = !title.isEmpty();
    d->title->setDetail(title);
    d->changed();
}

void TrainForm::setBuiltInData(const QString& title, const DataSource& source) {
    d->data->setBuiltIn(title, source);
    d->changed();
}

void TrainForm::setData(const DataSource& source) {
    d->data->setSource(source);
    d->trainImages = 0;
    d->changed();
}

void TrainForm::setDataInfo(const DatasetInfo& info) {
    d->data->setInfo(info);
    d->trainImages = info.trainImages;
    d->changed();
}

void TrainForm::setOptions(const FineTuneOptions& options, bool randomTwin) {
    d->twin->setChecked(randomTwin);
    d->setOptions(options);
}

void TrainForm::setDevices(const QStringList& devices, const QString& note) {
    const QString current = d->device->currentData().toString();
    const QSignalBlocker quiet(d->device);
    d->device->clear();
    for (const QString& name : devices)
        d->device->addItem(deviceTitle(name), name);
    if (d->device->count() == 0)
        d->device->addItem(deviceTitle(QStringLiteral("cpu")), QStringLiteral("cpu"));
    d->device->setCurrentIndex(std::max(0, d->device->findData(current)));
    d->deviceNote->setText(note);
    d->deviceNote->setVisible(!note.isEmpty());
    d->changed();
}

void TrainForm::showError(const QString& text) { d->error->setText(text); }

void TrainForm::setMeasuredRate(double imagesPerSecond) {
    d->imagesPerSecond = imagesPerSecond;
    d->changed();
}

TrainRequest TrainForm::request() const {
    TrainRequest request;
    request.data = d->data->source();
    request.options = d->options();
    request.randomTwin = d->twin->isChecked();
    return request;
}

void TrainForm::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile())
        event->acceptProposedAction();
}

void TrainForm::dropEvent(QDropEvent* event) {
    DataSource source;
    source.path = event->mimeData()->urls().front().toLocalFile().toStdString();
    setData(source);
    emit dataRequested(source);
}

} // namespace heirloom
