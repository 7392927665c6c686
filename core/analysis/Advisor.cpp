// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/Advisor.h"

#include "core/analysis/StudentShapes.h"
#include "core/model/Naming.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace heirloom {
namespace {

/// Students shallower than this share of the teacher are not derived from it: what is left of a
/// deep net's first layers is no net of that family any more.
constexpr double leastDepth = 0.25;

struct Candidate {
    std::shared_ptr<const ModelSpec> spec;
    ModelCost cost;
    double used = 0;
};

/// All shapes that fit, each once.
class Candidates {
public:
    Candidates(const Family& family,
               const ModelSpec& teacher,
               const Budget& budget,
               const CostOptions& options)
        : m_family(family), m_teacher(teacher), m_budget(budget), m_options(options) {}

    /// Whether the shape can be built and fits. A shape that the family refuses is left out: it
    /// was made by arithmetic, nobody asked for it.
    bool add(const HyperParameters& hyper) {
        auto spec = m_family.build(hyper);
        if (!spec)
            return false;
        const auto cost = modelCost(*spec, m_options);
        const auto used = m_budget.used(cost);
        if (!m_smallest || used < m_smallest->used)
            m_smallest = Candidate{nullptr, cost, used};
        const bool isNew = std::ranges::none_of(
            m_fitting, [&](const Candidate& one) { return one.spec->hyper == spec->hyper; });
        if (used <= 1 && isNew && spec->hyper != m_teacher.hyper) {
            spec->name = describeModel(spec->family, spec->hyper);
            m_fitting.push_back({std::make_shared<const ModelSpec>(std::move(*spec)), cost, used});
        }
        return used <= 1;
    }

    void addChanged(const std::string& changes) {
        if (const auto hyper = applyChanges(m_family, m_teacher.hyper, changes))
            add(*hyper);
    }

    /// The deepest rung of a ladder that fits, found by halving: cost grows with depth.
    void addDeepest(const std::string& width, std::span<const std::string> ladder) {
        std::size_t low = 0;
        for (std::size_t high = ladder.size(); low < high;) {
            const auto middle = low + (high - low) / 2;
            const auto hyper =
                applyChanges(m_family, m_teacher.hyper, joined(width, ladder[middle]));
            if (hyper && add(*hyper))
                low = middle + 1;
            else
                high = middle;
        }
    }

    static std::string joined(const std::string& a, const std::string& b) {
        return a.empty() || b.empty() ? a + b : a + "," + b;
    }

    [[nodiscard]] const std::vector<Candidate>& fitting() const { return m_fitting; }
    [[nodiscard]] const std::optional<Candidate>& smallest() const { return m_smallest; }

private:
    const Family& m_family;
    const ModelSpec& m_teacher;
    const Budget& m_budget;
    const CostOptions& m_options;
    std::vector<Candidate> m_fitting;
    std::optional<Candidate> m_smallest;
};

void derive(Candidates& candidates, const HyperParameters& teacher) {
    auto ladders = depthLadders(teacher);
    for (auto& ladder : ladders)
        ladder.erase(ladder.begin(),
                     ladder.begin() + static_cast<std::ptrdiff_t>(
                                          leastDepth * static_cast<double>(ladder.size())));
    for (const auto& width : widthSteps(teacher)) {
        candidates.addChanged(width.changes);
        for (const auto& ladder : ladders)
            candidates.addDeepest(width.changes, ladder);
    }
}

/// Tenths of the budget that stay unused.
int slack(const StudentAdvice& advice) {
    return static_cast<int>(std::floor((1 - advice.used) * 10));
}

bool isBetter(const StudentAdvice& a, const StudentAdvice& b) {
    if (slack(a) != slack(b))
        return slack(a) < slack(b);
    if (const int order = compareFits(a.fit, b.fit); order != 0)
        return order < 0;
    if (a.published.empty() != b.published.empty())
        return !a.published.empty();
    if (a.fit.layers != b.fit.layers)
        return a.fit.layers > b.fit.layers;
    return a.used > b.used;
}

/// How many times the teacher is twice as large as the student, or the student as the teacher.
int doublings(double ratio) {
    return ratio > 0 ? static_cast<int>(std::floor(std::abs(std::log2(ratio)))) : 0;
}

bool isBetterTeacher(const TeacherAdvice& a, const TeacherAdvice& b) {
    if (a.fit.has_value() != b.fit.has_value())
        return a.fit.has_value();
    if (!a.fit)
        return false;
    const auto& one = *a.fit;
    const auto& other = *b.fit;
    if (doublings(one.sizeRatio) != doublings(other.sizeRatio))
        return doublings(one.sizeRatio) < doublings(other.sizeRatio);
    if (const int order = compareFits(one, other); order != 0)
        return order < 0;
    if (one.inheritedShare != other.inheritedShare)
        return one.inheritedShare > other.inheritedShare;
    return one.sizeRatio < other.sizeRatio;
}

Error nothingFits(const ModelSpec& teacher,
                  const Budget& budget,
                  const std::optional<Candidate>& smallest) {
    Error error{canonicalName(teacher),
                fmt::format("no student of this teacher fits into {}", budgetText(budget)),
                "Give a larger budget, or choose a smaller teacher"};
    if (smallest)
        error.text += fmt::format(
            "; the smallest that was tried needs {}",
            budgetText(
                Budget{budget.parameters ? std::optional(smallest->cost.parameters) : std::nullopt,
                       budget.macs ? std::optional(smallest->cost.macs) : std::nullopt,
                       budget.bytes ? std::optional(smallest->cost.bytes) : std::nullopt}));
    return error;
}

} // namespace

Result<std::vector<StudentAdvice>> adviseStudents(const std::shared_ptr<const ModelSpec>& teacher,
                                                  const Budget& budget,
                                                  const CostOptions& options,
                                                  std::size_t most) {
    const auto* family = findFamily(teacher->family);
    if (!family || teacher->family == "unknown")
        return std::unexpected(
            Error{canonicalName(*teacher),
                  "the teacher is of no known family, so no shape can be derived from it",
                  ""});
    if (budget == Budget{})
        return std::unexpected(Error{"budget", "there is none", "Write for example params=6M"});
    if (budget.macs && !knowsMacs(*teacher))
        return fail(canonicalName(*teacher), "its multiply-adds are not known");

    Candidates candidates(*family, *teacher, budget, options);
    for (const auto& shape : publishedShapes(*family, teacher->hyper))
        candidates.add(shape);
    derive(candidates, teacher->hyper);

    std::vector<StudentAdvice> advice;
    for (const auto& [spec, cost, used] : candidates.fitting())
        if (auto fit = fitPair(teacher, spec))
            advice.push_back({spec->name, publishedName(*family, spec->hyper), cost, used, *fit});
    if (advice.empty())
        return std::unexpected(nothingFits(*teacher, budget, candidates.smallest()));
    std::ranges::stable_sort(advice, isBetter);
    if (advice.size() > most)
        advice.resize(most);
    return advice;
}

std::vector<TeacherAdvice> adviseTeachers(
    const std::shared_ptr<const ModelSpec>& student,
    std::span<const std::shared_ptr<const ModelSpec>> teachers) {
    std::vector<TeacherAdvice> advice;
    for (std::size_t i = 0; i < teachers.size(); ++i) {
        const auto fit = fitPair(teachers[i], student);
        if (fit)
            advice.push_back({i, *fit, {}});
        else
            advice.push_back({i, std::nullopt, fit.error().message()});
    }
    std::ranges::stable_sort(advice, isBetterTeacher);
    return advice;
}

} // namespace heirloom
