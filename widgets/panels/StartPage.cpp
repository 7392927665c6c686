// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/StartPage.h"

#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/controls/ErrorBar.h"
#include "widgets/controls/Icon.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/panels/DropWell.h"
#include "widgets/panels/RecentList.h"
#include "widgets/panels/StudentCard.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QScrollArea>
#include <QUrl>
#include <QVBoxLayout>

#include <utility>

namespace heirloom {

namespace {

constexpr int columnWidth = 880;
constexpr int cardColumns = 3;

} // namespace

class StartPage::Private {
public:
    explicit Private(StartPage* owner) : q(owner) {}

    void build();
    QWidget* buildHeading() const;
    QWidget* buildExample();
    void suggestNext();
    void openBoth(const QStringList& paths);

    StartPage* q;
    ErrorBar* error = nullptr;
    DropWell* teacher = nullptr;
    DropWell* student = nullptr;
    QLineEdit* name = nullptr;
    QWidget* suggestions = nullptr;
    QGridLayout* cards = nullptr;
    RecentList* recents = nullptr;
    SectionTitle* recentsTitle = nullptr;
    QWidget* example = nullptr;
};

QWidget* StartPage::Private::buildHeading() const {
    auto* heading = new QWidget;
    auto* line = new QHBoxLayout(heading);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::padding);
    auto* picture = new QLabel;
    picture->setPixmap(iconPixmap(QStringLiteral("heirloom"), 40, QColor(), 3));
    picture->setFixedSize(40, 40);
    picture->setScaledContents(true);
    auto* title = new QLabel(tr("Heirloom"));
    QFont big = titleFont();
    big.setPointSizeF(big.pointSizeF() * 1.5);
    title->setFont(big);
    auto* line2 = new QLabel(tr("Start a small network from the weights of a large one"));
    line2->setForegroundRole(QPalette::PlaceholderText);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(title);
    words->addWidget(line2);
    line->addWidget(picture);
    line->addLayout(words, 1);
    return heading;
}

QWidget* StartPage::Private::buildExample() {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::tight);
    auto* title = new SectionTitle(tr("Example"));
    title->setPadding(0, 0);
    auto* text = new QLabel(tr("A vision transformer trained on 8×8 handwritten digits, and a student of a twentieth of "
                               "its size. Fine-tunes in a few seconds on two cores."));
    text->setWordWrap(true);
    text->setForegroundRole(QPalette::PlaceholderText);
    auto* open = new QPushButton(tr("Open the built-in example"));
    open->setObjectName(QStringLiteral("openExample"));
    column->addWidget(title);
    column->addWidget(text);
    column->addSpacing(Theme::tight);
    column->addWidget(open, 0, Qt::AlignLeft);
    column->addStretch(1);
    QObject::connect(open, &QPushButton::clicked, q, &StartPage::exampleRequested);
    return box;
}

void StartPage::Private::build() {
    q->setAcceptDrops(true);
    error = new ErrorBar;
    error->setObjectName(QStringLiteral("startError"));
    teacher = new DropWell(tr("Teacher"), QStringLiteral("teacher"), tr("Drop a large checkpoint here"));
    teacher->setObjectName(QStringLiteral("teacherWell"));
    student = new DropWell(tr("Student"), QStringLiteral("student"), tr("Drop a small checkpoint here, or name a model"));
    student->setObjectName(QStringLiteral("studentWell"));
    name = new QLineEdit;
    name->setObjectName(QStringLiteral("studentName"));
    name->setFont(monospaceFont());
    name->setPlaceholderText(QStringLiteral("vit_tiny_patch16_224:num_classes=100"));
    name->setAccessibleName(tr("Name of the student's architecture"));
    name->setToolTip(tr("A timm name, with changes behind a colon; Enter opens it"));
    name->setFixedWidth(300);
    student->addExtra(name);
    auto* formats = new QLabel(tr("safetensors, PyTorch, HDF5, NumPy or GGUF"));
    formats->setFont(smallFont());
    formats->setForegroundRole(QPalette::PlaceholderText);
    formats->setFixedHeight(Theme::controlHeight);
    teacher->addExtra(formats);

    suggestions = new QWidget;
    auto* suggestionColumn = new QVBoxLayout(suggestions);
    suggestionColumn->setContentsMargins(0, 0, 0, 0);
    suggestionColumn->setSpacing(0);
    auto* suggestionTitle = new SectionTitle(tr("Students that fit"), tr("each is cut from this teacher alone"));
    suggestionTitle->setPadding(0, 0);
    suggestionColumn->addWidget(suggestionTitle);
    cards = new QGridLayout;
    cards->setSpacing(Theme::space);
    for (int c = 0; c < cardColumns; ++c)
        cards->setColumnStretch(c, 1);
    suggestionColumn->addLayout(cards);
    suggestions->hide();

    recentsTitle = new SectionTitle(tr("Recent"));
    recentsTitle->setPadding(0, 0);
    recents = new RecentList;
    example = buildExample();

    auto* content = new QWidget;
    content->setMaximumWidth(columnWidth);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::group);
    column->addWidget(buildHeading());
    column->addWidget(error);
    auto* wells = new QHBoxLayout;
    wells->setSpacing(Theme::group);
    wells->addWidget(teacher, 1);
    wells->addWidget(student, 1);
    column->addLayout(wells);
    column->addWidget(suggestions);
    auto* foot = new QGridLayout;
    foot->setHorizontalSpacing(2 * Theme::group);
    foot->setVerticalSpacing(Theme::tight);
    foot->addWidget(recentsTitle, 0, 0);
    foot->addWidget(recents, 1, 0, Qt::AlignTop);
    foot->addWidget(example, 0, 1, 2, 1, Qt::AlignTop);
    foot->setColumnStretch(0, 3);
    foot->setColumnStretch(1, 2);
    foot->setRowStretch(1, 1);
    column->addLayout(foot);

    auto* page = new QWidget;
    auto* centre = new QHBoxLayout(page);
    centre->setContentsMargins(Theme::empty, Theme::empty, Theme::empty, Theme::empty);
    centre->addStretch(1);
    auto* vertical = new QVBoxLayout;
    vertical->addStretch(2);
    vertical->addWidget(content);
    vertical->addStretch(3);
    centre->addLayout(vertical, 100);
    centre->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(page);
    auto* all = new QVBoxLayout(q);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(scroll);

    QObject::connect(teacher, &DropWell::filesDropped, q, [this](const QStringList& paths) {
        if (paths.size() > 1)
            openBoth(paths);
        else
            emit q->teacherFileRequested(paths.front());
    });
    QObject::connect(student, &DropWell::filesDropped, q, [this](const QStringList& paths) {
        if (paths.size() > 1)
            openBoth(paths);
        else
            emit q->studentFileRequested(paths.front());
    });
    QObject::connect(teacher, &DropWell::chooseRequested, q, [this] { emit q->teacherFileRequested({}); });
    QObject::connect(student, &DropWell::chooseRequested, q, [this] { emit q->studentFileRequested({}); });
    QObject::connect(teacher, &DropWell::sourceRequested, q, &StartPage::teacherSourceRequested);
    QObject::connect(student, &DropWell::sourceRequested, q, &StartPage::studentSourceRequested);
    QObject::connect(name, &QLineEdit::returnPressed, q, [this] {
        if (const QString text = name->text().trimmed(); !text.isEmpty())
            emit q->studentNameRequested(text);
    });
    QObject::connect(recents, &RecentList::teacherRequested, q, &StartPage::teacherFileRequested);
    QObject::connect(recents, &RecentList::studentRequested, q, &StartPage::studentFileRequested);
}

/// One accent-filled button at most: the next thing to open.
void StartPage::Private::suggestNext() {
    teacher->setSuggested(!teacher->isFilled());
    student->setSuggested(teacher->isFilled() && !student->isFilled());
}

/// Of two files the larger is the teacher.
void StartPage::Private::openBoth(const QStringList& paths) {
    QString first = paths[0];
    QString second = paths[1];
    if (QFileInfo(second).size() > QFileInfo(first).size())
        std::swap(first, second);
    emit q->teacherFileRequested(first);
    emit q->studentFileRequested(second);
}

StartPage::StartPage(QWidget* parent) : QWidget(parent), d(new Private(this)) {
    d->build();
    setRecents({});
    d->suggestNext();
}

StartPage::~StartPage() { delete d; }

void StartPage::setRecents(const QList<RecentFile>& recents) { d->recents->setFiles(recents); }

void StartPage::setTeacher(const QString& title, const QString& detail) {
    d->teacher->setContent(title, detail);
    d->suggestNext();
}

void StartPage::setStudent(const QString& title, const QString& detail) {
    d->student->setContent(title, detail);
    d->suggestNext();
}

void StartPage::setSources(const SourceChoices& teacher, const SourceChoices& student) {
    d->teacher->setSource(teacher);
    d->student->setSource(student);
}

void StartPage::setSuggestions(const QList<QPair<QString, QString>>& students) {
    while (QLayoutItem* item = d->cards->takeAt(0)) {
        item->widget()->hide(); // at once; deleted later, since its own button may have asked for this
        item->widget()->deleteLater();
        delete item;
    }
    for (qsizetype i = 0; i < students.size(); ++i) {
        auto* card = new StudentCard(students[i].first, students[i].second);
        d->cards->addWidget(card, int(i) / cardColumns, int(i) % cardColumns);
        connect(card, &QAbstractButton::clicked, this,
                [this, name = students[i].first] { emit studentNameRequested(name); });
    }
    d->suggestions->setVisible(!students.isEmpty());
}

void StartPage::setBusy(bool teacher, bool student) {
    d->teacher->setBusy(teacher);
    d->student->setBusy(student);
}

void StartPage::showError(const QString& text) { d->error->setText(text); }

void StartPage::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile())
        event->acceptProposedAction();
}

void StartPage::dropEvent(QDropEvent* event) {
    event->acceptProposedAction();
    QStringList paths;
    for (const QUrl& url : event->mimeData()->urls())
        paths << url.toLocalFile();
    if (paths.size() > 1)
        d->openBoth(paths);
    else if (!d->teacher->isFilled())
        emit teacherFileRequested(paths.front());
    else
        emit studentFileRequested(paths.front());
}

} // namespace heirloom
