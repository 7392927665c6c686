// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the authors' own function selected, run on full-size teachers: tests/data/golden/selection.
#include "core/base/Sha256.h"
#include "core/selection/InitializeStudent.h"
#include "core/selection/Strategy.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <algorithm>

namespace heirloom {
namespace {

using namespace test;

constexpr const char* kPairs[] = {
    "convnext_base-convnext_f",
    "convnext_tiny-convnext_f",
    "deit_small-deit_tiny",
    "deit_small_distilled-deit_tiny_distilled",
    "mixer_b16-mixer_s16",
    "resnet34-resnet18",
    "resnet50-resnet50_half",
    "vit_base-vit_tiny",
    "vit_large-vit_small",
    "vit_large-vit_tiny",
    "vit_small-vit_tiny-100",
    "vit_small-vit_tiny",
    "vit_small_patch16_384-vit_tiny_patch16_224",
};

/// "vit_tiny_patch16_224:num_classes=100" of ["timm", name, options] and the three classes that are
/// built with options alone.
std::string modelName(const nlohmann::json& description) {
    const std::string kind = description.at(0);
    const auto& options = description.back();
    if (kind == "timm")
        return description.at(1).get<std::string>() +
               (options.contains("num_classes")
                    ? fmt::format(":num_classes={}", options["num_classes"].get<int>())
                    : "");
    if (kind == "ConvNeXt")
        return "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384";
    return "resnet50:widths=32-64-128-256"; // timm's stem_width is that of the deep stem, which
                                            // this net does not have
}

class GoldenSelection : public testing::TestWithParam<const char*> {};

TEST_P(GoldenSelection, EqualsTheAuthorsFunctionOnEveryTensor) {
    const auto file = golden(fmt::format("selection/{}.json", GetParam()));
    const auto teacher = model(modelName(file["teacher"]));
    const auto student = model(modelName(file["student"]));
    SelectionOptions options;
    options.asPublished = true;
    const auto plan = planSelection(teacher, student, options, nullptr);
    ASSERT_TRUE(plan) << plan.error().message();
    const auto checkpoint = filledTeacher(*teacher);
    const auto made = initializeStudent(*checkpoint, *plan);
    ASSERT_TRUE(made) << made.error().message();

    const auto& rows = file["tensors"];
    ASSERT_EQ(made->size(), rows.size());
    std::size_t skipped = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& row = rows[i];
        const auto& [name, tensor] = made->entries()[i];
        ASSERT_EQ(name, row["name"].get<std::string>());
        EXPECT_EQ(tensor.shape, row["shape"].get<Shape>()) << name;
        EXPECT_EQ(dtypeName(tensor.dtype), row["dtype"].get<std::string>()) << name;
        if (row["skipped"].get<bool>()) {
            ++skipped;
            EXPECT_EQ(plan->parameters[i].origin, Origin::Fresh) << name;
            continue;
        }
        EXPECT_EQ(teacher->find(name)->shape, row["teacher_shape"].get<Shape>()) << name;
        EXPECT_EQ(sha256Hex(tensor.bytes), row["sha256"].get<std::string>()) << name;
    }
    EXPECT_EQ(skipped, file["skipped_keys"].size());
    EXPECT_EQ(static_cast<std::size_t>(plan->freshCount()), skipped);
}

INSTANTIATE_TEST_SUITE_P(Pairs, GoldenSelection, testing::ValuesIn(kPairs), [](const auto& pair) {
    std::string name = pair.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST(UniformIndices, EqualTheAuthorsFunctionForEveryListedPair) {
    const auto file = golden("selection/indices.json");
    for (const auto& row : file["table"]) {
        const auto made = uniformIndices(row["teacher"], row["student"]);
        EXPECT_EQ(made, row["indices"].get<std::vector<std::int64_t>>())
            << row["teacher"] << " -> " << row["student"];
        EXPECT_EQ(std::ranges::adjacent_find(made) == made.end(),
                  row["strictly_increasing"].get<bool>())
            << row["teacher"] << " -> " << row["student"];
    }
}

TEST(UniformIndices, EqualTheAuthorsFunctionForEverySmallerStudentOfATeacher) {
    const auto file = golden("selection/index_digests.json");
    for (const auto& row : file["table"]) {
        const std::int64_t teacher = row["teacher"];
        Sha256 hash;
        for (std::int64_t student = 1; student <= teacher; ++student) {
            const auto indices = uniformIndices(teacher, student);
            const std::vector<std::int32_t> narrow(indices.begin(), indices.end());
            hash.update(std::as_bytes(std::span(narrow)));
        }
        EXPECT_EQ(hash.hex(), row["sha256"].get<std::string>()) << "teacher size " << teacher;
    }
}

/// How the three thirds of a qkv axis agree with each other and with proj, by the teacher's width.
struct Coupling {
    int qEqualsK = 0;
    int vEqualsProj = 0;
    std::vector<std::vector<std::int64_t>> heads;
};

Coupling couplingOf(const SelectionPlan& plan,
                    std::int64_t teacherDim,
                    std::int64_t studentDim,
                    std::int64_t headDim) {
    const auto rows = axisOf(plan, "blocks.0.attn.qkv.weight", 0);
    const auto proj = axisOf(plan, "blocks.0.attn.proj.weight", 1);
    Coupling made;
    for (std::int64_t i = 0; i < studentDim; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto third = static_cast<std::size_t>(studentDim);
        made.qEqualsK += rows[at] == rows[at + third] - teacherDim;
        made.vEqualsProj += rows[at + 2 * third] - 2 * teacherDim == proj[at];
        const auto head = rows[at] / headDim;
        if (i % headDim == 0)
            made.heads.emplace_back();
        if (made.heads.back().empty() || made.heads.back().back() != head)
            made.heads.back().push_back(head);
    }
    return made;
}

std::string vitOfWidth(std::int64_t dim, std::int64_t headDim) {
    return fmt::format("vit:dim={},heads={},depth=1", dim, dim / headDim);
}

TEST(Coupling, OfThePublishedRuleIsAsTheAuthorsCodeHasIt) {
    const auto file = golden("selection/coupling.json");
    for (const auto& row : file["table"]) {
        const std::int64_t t = row["teacher_dim"], s = row["student_dim"], d = row["head_dim"];
        SelectionOptions options;
        options.asPublished = true;
        const auto made = couplingOf(plan(vitOfWidth(t, d), vitOfWidth(s, d), options), t, s, d);
        EXPECT_EQ(made.qEqualsK, row["q_row_equals_k_row"].get<int>()) << t << " -> " << s;
        EXPECT_EQ(made.vEqualsProj, row["v_row_equals_proj_column"].get<int>()) << t << " -> " << s;
        const auto heads = row["teacher_heads_feeding_each_student_q_head"]
                               .get<std::vector<std::vector<std::int64_t>>>();
        EXPECT_EQ(made.heads, heads) << t << " -> " << s;
    }
}

TEST(Coupling, OfTheDefaultIsWholeWhateverTheRatio) {
    const auto file = golden("selection/coupling.json");
    for (const auto& row : file["table"]) {
        const std::int64_t t = row["teacher_dim"], s = row["student_dim"], d = row["head_dim"];
        for (const auto* element :
             {"uniform", "random:seed=5", "consecutive:position=last", "uniform:heads=blended"}) {
            const auto made =
                couplingOf(plan(vitOfWidth(t, d), vitOfWidth(s, d), withElement(element)), t, s, d);
            EXPECT_EQ(made.qEqualsK, s) << element << " " << t << " -> " << s;
            EXPECT_EQ(made.vEqualsProj, s) << element << " " << t << " -> " << s;
            if (std::string_view(element).find("blended") == std::string_view::npos) {
                for (const auto& heads : made.heads)
                    EXPECT_EQ(heads.size(), 1U) << element << " " << t << " -> " << s;
            }
        }
    }
}

} // namespace
} // namespace heirloom
