// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/ExportPanel.h"

#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"
#include "widgets/controls/ErrorBar.h"
#include "widgets/controls/NumberLabel.h"
#include "widgets/controls/Pill.h"
#include "widgets/controls/ProgressLine.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/controls/ShellText.h"
#include "widgets/panels/ExportAnswerView.h"
#include "widgets/panels/ExportPath.h"

#include <QComboBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace heirloom {

namespace {

constexpr int columnWidth = 720;
const QString safetensorsEnding = QStringLiteral(".safetensors");

QLabel* mutedText(const QString& text = {}) {
    auto* label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    label->setForegroundRole(QPalette::PlaceholderText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

class ExportPanel::Private {
public:
    explicit Private(ExportPanel* owner) : q(owner) {}

    void build();
    QLayout* buildForm();
    void showSubject();
    void showSize();
    void showPath();
    [[nodiscard]] const ExportSubject* subject() const;
    [[nodiscard]] qint64 bytesToWrite() const; ///< of the subject in the chosen dtype
    [[nodiscard]] ExportStorageChoice storage() const;
    void showProvenance(const ExportSubject& subject);

    ExportPanel* q;
    QList<ExportSubject> subjects;
    qint64 freeBytes = -1;
    bool busy = false;
    bool pathIsOwn = false; ///< typed by the user: another subject does not replace it
    QWidget* page = nullptr;
    QLabel* nothing = nullptr;
    QComboBox* what = nullptr;
    NumberLabel* size = nullptr;
    QComboBox* format = nullptr;
    QComboBox* dtype = nullptr;
    QLabel* shardWord = nullptr;
    QComboBox* shards = nullptr;
    ExportPath* path = nullptr;
    QLabel* space = nullptr;
    Pill* freshCount = nullptr;
    QLabel* fresh = nullptr;
    QLabel* provenance = nullptr;
    ErrorBar* error = nullptr;
    ExportAnswerView* answer = nullptr;
    QPushButton* go = nullptr;
    ProgressLine* progress = nullptr;
    QLabel* progressText = nullptr;
};

QLayout* ExportPanel::Private::buildForm() {
    what = new QComboBox;
    what->setObjectName(QStringLiteral("exportSubject"));
    what->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    size = new NumberLabel({}, NumberLabel::Tone::Muted);
    format = new QComboBox;
    format->setObjectName(QStringLiteral("exportFormat"));
    for (const ExportFormat& f : exportFormats()) {
        format->addItem(f.title, f.ending);
        format->setItemData(format->count() - 1, f.meaning, Qt::ToolTipRole);
    }
    dtype = newDTypeBox();
    shards = newShardBox();
    path = new ExportPath;
    space = mutedText();
    space->setObjectName(QStringLiteral("exportSpace"));
    freshCount = new Pill;
    freshCount->setDashed(true);
    fresh = mutedText();
    fresh->setObjectName(QStringLiteral("exportFresh"));
    provenance = mutedText();
    provenance->setFont(monospaceFont());

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::group);
    grid->setVerticalSpacing(Theme::tight);
    grid->setColumnMinimumWidth(0, 88);
    grid->setColumnStretch(1, 1);
    int row = 0;
    const auto word = [&](const QString& text, QWidget* buddy, int height) {
        auto* label = new QLabel(text);
        label->setForegroundRole(QPalette::PlaceholderText);
        label->setBuddy(buddy);
        label->setFixedHeight(height);
        grid->addWidget(label, row, 0, Qt::AlignTop);
        return label;
    };
    const auto gap = [&] { grid->setRowMinimumHeight(row++, Theme::padding); };
    word(tr("&What"), what, Theme::controlHeight);
    grid->addWidget(what, row++, 1);
    grid->addWidget(size, row++, 1);
    gap();
    word(tr("&Format"), format, Theme::controlHeight);
    grid->addWidget(format, row++, 1);
    gap();
    word(tr("&Numbers"), dtype, Theme::controlHeight);
    auto* storage = new QHBoxLayout;
    storage->setSpacing(Theme::group);
    shardWord = new QLabel(tr("&Largest file"));
    shardWord->setForegroundRole(QPalette::PlaceholderText);
    shardWord->setBuddy(shards);
    storage->addWidget(dtype, 1);
    storage->addWidget(shardWord);
    storage->addWidget(shards, 1);
    grid->addLayout(storage, row++, 1);
    gap();
    word(tr("&To"), path->field(), Theme::controlHeight);
    grid->addWidget(path, row++, 1);
    grid->addWidget(space, row++, 1);
    gap();
    word(tr("Fresh"), fresh, 20);
    auto* freshColumn = new QVBoxLayout;
    freshColumn->setSpacing(Theme::tight);
    freshColumn->addWidget(freshCount, 0, Qt::AlignLeft);
    freshColumn->addWidget(fresh);
    grid->addLayout(freshColumn, row++, 1);
    gap();
    word(tr("Written along"), provenance, 20);
    grid->addWidget(provenance, row++, 1);
    what->setAccessibleName(tr("What to export"));
    format->setAccessibleName(tr("Format"));
    return grid;
}

void ExportPanel::Private::build() {
    page = new QWidget;
    page->setMaximumWidth(columnWidth);
    auto* title = new SectionTitle(tr("Export"), tr("written whole, then read again and compared"));
    title->setPadding(0, 0);
    error = new ErrorBar;
    error->setObjectName(QStringLiteral("exportError"));
    answer = new ExportAnswerView;
    go = new QPushButton(tr("Export student"));
    go->setObjectName(QStringLiteral("exportButton"));
    setPrimary(go, true);
    progress = new ProgressLine;
    progress->setFixedWidth(220);
    progressText = mutedText();
    auto* goLine = new QHBoxLayout;
    goLine->setSpacing(Theme::padding);
    goLine->addWidget(go);
    goLine->addWidget(progress);
    goLine->addWidget(progressText, 1);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::group);
    column->addWidget(title);
    column->addLayout(buildForm());
    column->addWidget(error);
    column->addLayout(goLine);
    column->addWidget(answer);

    nothing = mutedText(tr("Open a teacher and a student first: the initialised student is exported here."));
    nothing->setAlignment(Qt::AlignCenter);
    auto* outer = new QWidget;
    auto* centre = new QHBoxLayout(outer);
    centre->setContentsMargins(Theme::empty, Theme::padding, Theme::empty, Theme::empty);
    centre->addStretch(1);
    auto* vertical = new QVBoxLayout;
    vertical->addWidget(page);
    vertical->addWidget(nothing);
    vertical->addStretch(1);
    centre->addLayout(vertical, 100);
    centre->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(outer);
    auto* all = new QVBoxLayout(q);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(scroll);

    QObject::connect(what, &QComboBox::currentIndexChanged, q, [this] {
        error->setText({});
        answer->clear();
        showSubject();
    });
    QObject::connect(format, &QComboBox::activated, q,
                     [this](int index) { path->setEnding(format->itemData(index).toString()); });
    QObject::connect(dtype, &QComboBox::currentIndexChanged, q, [this] { showSize(); });
    QObject::connect(shards, &QComboBox::editTextChanged, q, [this] { showPath(); });
    QObject::connect(path, &ExportPath::changed, q, [this](const QString& text, bool byUser) {
        pathIsOwn = pathIsOwn || byUser;
        showPath();
        emit q->pathChanged(text);
    });
    QObject::connect(go, &QPushButton::clicked, q, [this] {
        if (const ExportSubject* s = subject()) {
            error->setText({});
            answer->clear();
            emit q->exportRequested(s->runId, path->text(), storage());
        }
    });
}

const ExportSubject* ExportPanel::Private::subject() const {
    const int index = what->currentIndex();
    return index >= 0 && index < subjects.size() ? &subjects[index] : nullptr;
}

qint64 ExportPanel::Private::bytesToWrite() const {
    const ExportSubject* s = subject();
    const auto to = chosenDType(*dtype);
    if (s == nullptr)
        return 0;
    return to ? s->otherBytes + s->floatingElements * dtypeSize(*to) : s->bytes;
}

void ExportPanel::Private::showSubject() {
    const ExportSubject* s = subject();
    page->setVisible(s != nullptr);
    nothing->setVisible(s == nullptr);
    if (s == nullptr)
        return;
    const auto count = s->fresh.size();
    freshCount->setText(count == 0 ? QString() : tr("%1 fresh").arg(count));
    fresh->setText(count == 0 ? tr("Nothing: every parameter comes from the teacher or the run.")
                              : s->fresh.join(QLatin1Char('\n')));
    if (!pathIsOwn)
        path->setText(s->suggestedPath);
    showSize();
}

void ExportPanel::Private::showSize() {
    const ExportSubject* s = subject();
    if (s != nullptr)
        size->setText(tr("%1 tensors · %2 parameters · %3")
                      .arg(groupedNumber(s->tensors), groupedNumber(s->parameters), byteText(bytesToWrite())));
    showPath();
}

ExportStorageChoice ExportPanel::Private::storage() const {
    const auto* f = formatOf(path->text());
    const bool canSplit = f != nullptr && f->ending == safetensorsEnding;
    return {chosenDType(*dtype),
            canSplit ? shardBytesFromText(shards->currentText()).value_or(0) : 0};
}

void ExportPanel::Private::showProvenance(const ExportSubject& s) {
    auto lines = s.provenance;
    const auto name = QFileInfo(path->text()).fileName();
    if (!s.command.isEmpty())
        lines << s.command + (name.isEmpty() ? QString() : " -o " + shellQuoted(name)) +
                     storageWords(storage());
    provenance->setText(lines.join(QLatin1Char('\n')));
}

void ExportPanel::Private::showPath() {
    const ExportSubject* s = subject();
    if (s != nullptr)
        showProvenance(*s);
    const ExportFormat* f = formatOf(path->text());
    if (f != nullptr)
        format->setCurrentIndex(format->findData(f->ending));
    const qint64 bytes = bytesToWrite();
    const bool small = s != nullptr && freeBytes >= 0 && bytes > freeBytes;
    const bool canSplit = f != nullptr && f->ending == safetensorsEnding;
    const bool noSize = canSplit && !shardBytesFromText(shards->currentText());
    shards->setVisible(canSplit);
    shardWord->setVisible(canSplit);
    QString text;
    if (path->text().trimmed().isEmpty())
        text = tr("Say where to write it");
    else if (f == nullptr)
        text = tr("The ending says the format: .safetensors, .pth or .h5");
    else if (noSize)
        text = tr("The largest file is a size such as 2 GB or 750 MB");
    else if (small)
        text = tr("Needs %1 more there").arg(byteText(bytes - freeBytes));
    else if (s != nullptr && freeBytes >= 0)
        text = tr("%1 of %2 free").arg(byteText(bytes), byteText(freeBytes));
    const bool wrong = f == nullptr || small || noSize;
    QPalette colours;
    if (wrong)
        colours.setColor(QPalette::PlaceholderText, theme().error);
    space->setPalette(colours);
    space->setText(text);
    space->setVisible(!text.isEmpty());
    go->setEnabled(s != nullptr && !wrong && !busy);
}

ExportPanel::ExportPanel(QWidget* parent) : QWidget(parent), d(new Private(this)) {
    d->build();
    setBusy(-1);
    setSubjects({}, -1);
}

ExportPanel::~ExportPanel() { delete d; }

void ExportPanel::setSubjects(const QList<ExportSubject>& subjects, int currentRunId) {
    d->subjects = subjects;
    {
        const QSignalBlocker quiet(d->what);
        d->what->clear();
        int current = 0;
        for (const ExportSubject& s : subjects) {
            if (s.runId == currentRunId)
                current = d->what->count();
            d->what->addItem(s.title);
        }
        d->what->setCurrentIndex(subjects.isEmpty() ? -1 : current);
    }
    d->showSubject();
}

void ExportPanel::setFreeSpace(qint64 bytes) {
    d->freeBytes = bytes;
    d->showPath();
}

void ExportPanel::setBusy(double share) {
    d->busy = share >= 0;
    d->progress->setVisible(d->busy);
    d->progress->setShare(share);
    d->progressText->setText(d->busy ? tr("Writing and comparing…") : QString());
    d->showPath();
}

void ExportPanel::showAnswer(const ExportAnswer& answer) {
    d->error->setText({});
    d->answer->show(answer);
}

void ExportPanel::showError(const QString& text) {
    d->answer->clear();
    d->error->setText(text);
}

} // namespace heirloom
