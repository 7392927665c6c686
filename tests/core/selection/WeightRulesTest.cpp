// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/weights/WeightRules.h"

#include "core/selection/InitializeStudent.h"
#include "core/selection/WeightRule.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>

namespace heirloom {
namespace {

using namespace test;

constexpr std::string_view kTeacher =
    "vit:dim=48,heads=3,depth=2,mlp=96,image=32,patch=8,num_classes=10,qk_norm=true";
constexpr std::string_view kStudent =
    "vit:dim=24,heads=3,depth=2,mlp=64,image=32,patch=8,num_classes=10,qk_norm=true";

SelectionOptions withWeights(std::string_view text) {
    SelectionOptions options;
    options.weights = parseWeightSelection(text).value();
    return options;
}

StateDict madeBy(std::string_view weights,
                 std::string_view teacher = kTeacher,
                 std::string_view student = kStudent) {
    const auto made = plan(teacher, student, withWeights(weights));
    return initializeStudent(*filledTeacher(*made.teacher), made).value();
}

std::vector<float> valuesOf(const StateDict& student, std::string_view name) {
    return toFloats(*student.find(name));
}

double deviationOf(const std::vector<float>& values) {
    double sum = 0, square = 0;
    for (const float value : values)
        sum += value;
    const double mean = sum / static_cast<double>(values.size());
    for (const float value : values)
        square += (value - mean) * (value - mean);
    return std::sqrt(square / static_cast<double>(values.size()));
}

/// One tensor through a rule, without a plan.
Result<HostTensor> ruleOn(std::string_view text, HostTensor values, const Shape& to) {
    const auto selection = parseWeightSelection(text).value();
    const ModelSpec spec;
    const Parameter parameter{.name = "x", .shape = to};
    const Parameter source{.name = "x", .shape = values.shape};
    return findWeightRule(selection.rule)
        ->make({.spec = spec,
                .parameter = parameter,
                .source = &source,
                .selection = selection,
                .seed = 0,
                .values = std::move(values)});
}

TEST(WeightRules, CosineCornersEqualTheGoldenOnes) {
    const auto results = openCheckpoint(dataFolder() / "golden/scores/dct.safetensors");
    ASSERT_TRUE(results) << results.error().message();
    const auto file = golden("scores/dct.json");
    for (const auto& row : file["cases"]) {
        const std::string name = row["fill_name"];
        auto full = fillCheckpoint({{name, DType::F32, row["teacher"].get<Shape>()}})->read(name);
        const auto made = ruleOn("dct", std::move(*full), row["student"].get<Shape>());
        ASSERT_TRUE(made);
        const auto stored = (*results)->read(row["result"].get<std::string>()).value();
        ASSERT_EQ(stored.shape, made->shape);
        ASSERT_EQ(stored.dtype, DType::F64);
        for (std::size_t i = 0; i < made->floats().size(); ++i) {
            double expected = 0;
            std::memcpy(&expected, stored.bytes.data() + i * sizeof(double), sizeof(double));
            // float32 keeps half a unit in the last place of values up to 2
            ASSERT_NEAR(static_cast<double>(made->floats()[i]), expected, 1.3e-7) << name << i;
        }
    }
}

TEST(WeightRules, AConstantSurvivesTheCorrectedCosineTransformOfAnyAxes) {
    for (const Shape& from : {Shape{8}, Shape{6, 9}, Shape{4, 3, 5}}) {
        Shape to;
        for (const auto size : from)
            to.push_back((size + 1) / 2);
        std::vector<float> twos(static_cast<std::size_t>(*elementCount(from)), 2.0F);
        twos[0] = 2.001F; // not quite constant, or there would be no deviation to divide by
        const auto made = ruleOn("dct", HostTensor::fromFloats(from, twos), to);
        for (const float value : made->floats())
            EXPECT_NEAR(value, 2.0F, 2e-3F);
    }
}

TEST(WeightRules, TheReleasedCosineTransformOverscalesTheDeviation) {
    auto full = fillCheckpoint({{"dct.a", DType::F32, {16, 12}}})->read("dct.a").value();
    const auto corrected = ruleOn("dct", full, {8, 6});
    const auto released = ruleOn("dct:amplitude=released", full, {8, 6});
    const std::vector<float> small(corrected->floats().begin(), corrected->floats().end());
    const std::vector<float> large(released->floats().begin(), released->floats().end());
    EXPECT_NEAR(deviationOf(large) / deviationOf(small), 2.0, 1e-6); // N / n
}

TEST(WeightRules, ACosineTransformKeepsVariancesAndCounters) {
    const auto teacher = model("resnet18:num_classes=10");
    const auto made = plan("resnet18:num_classes=10",
                           "resnet18:num_classes=10,widths=32-64-128-256",
                           withWeights("dct"));
    StateDict weights = randomStudent(*teacher, 5);
    auto& variance = *weights.find("layer1.0.bn1.running_var");
    for (std::size_t i = 0; i < variance.floats().size(); ++i)
        variance.floats()[i] = i % 7 == 0 ? 50.0F : 0.25F;
    weights.set("layer1.0.bn1.num_batches_tracked",
                fillCheckpoint({{"n", DType::I64, {}}})->read("n").value());
    const auto counter = *weights.find("layer1.0.bn1.num_batches_tracked");
    const auto student = initializeStudent(*memoryCheckpoint(std::move(weights)), made);
    ASSERT_TRUE(student) << student.error().message();
    for (const float value : valuesOf(*student, "layer1.0.bn1.running_var"))
        EXPECT_GE(value, 0.25F);
    EXPECT_EQ(*student->find("layer1.0.bn1.num_batches_tracked"), counter);
}

TEST(WeightRules, ScaleMultipliesMatricesBySqrtOfTheirInputsAndNothingElse) {
    const auto copied = madeBy("copy");
    const auto scaled = madeBy("scale");
    const auto ratio = [&](std::string_view name) {
        return static_cast<double>(valuesOf(scaled, name)[1]) /
               static_cast<double>(valuesOf(copied, name)[1]);
    };
    EXPECT_NEAR(ratio("blocks.0.attn.qkv.weight"), std::sqrt(2.0), 1e-6);
    EXPECT_NEAR(ratio("blocks.1.mlp.fc2.weight"), std::sqrt(1.5), 1e-6);
    EXPECT_NEAR(ratio("head.weight"), std::sqrt(2.0), 1e-6);
    for (const auto* name : {"patch_embed.proj.weight", // the image's channels are as many
                             "patch_embed.proj.bias",
                             "cls_token",
                             "pos_embed",
                             "blocks.0.norm1.weight",
                             "blocks.0.attn.qkv.bias",
                             "blocks.0.attn.q_norm.weight",
                             "norm.bias",
                             "head.bias"})
        EXPECT_EQ(*scaled.find(name), *copied.find(name)) << name;
}

TEST(WeightRules, PermutedKeepsEachTensorsValuesAndLosesTheirPlaces) {
    const auto same = plan(kTeacher, kTeacher, withWeights("permuted:seed=3"));
    const auto teacher = filledTeacher(*same.teacher);
    const auto student = initializeStudent(*teacher, same).value();
    for (const auto& [name, tensor] : student.entries()) {
        const auto original = teacher->read(name).value();
        EXPECT_EQ(tensor == original, name == "head.bias") << name; // classes stay in their places
        auto ours = toFloats(tensor), theirs = toFloats(original);
        std::ranges::sort(ours);
        std::ranges::sort(theirs);
        EXPECT_EQ(ours, theirs) << name;
    }
    const auto rowOf = [](const std::vector<float>& values) {
        return std::set<float>(values.begin(), values.begin() + 48);
    };
    // A row stays a row, and two tensors on one space are shuffled in different ways.
    const auto fc1 = valuesOf(student, "blocks.0.mlp.fc1.weight");
    const auto before = toFloats(teacher->read("blocks.0.mlp.fc1.weight").value());
    bool isThere = false;
    for (std::size_t row = 0; row < 96; ++row)
        isThere = isThere || rowOf({before.begin() + static_cast<std::ptrdiff_t>(row * 48),
                                    before.begin() + static_cast<std::ptrdiff_t>(row * 48 + 48)}) ==
                                 rowOf(fc1);
    EXPECT_TRUE(isThere);
}

TEST(WeightRules, ControlsDrawMatricesTheirWayAndTheRestAsTheStockClass) {
    const auto teacher = model(kStudent);
    const auto stock = randomStudent(*teacher, 0);
    for (const auto* rule : {"trunc-normal:std=0.5", "xavier", "kaiming", "kaiming:mode=fan_out"}) {
        const auto made = madeBy(rule);
        for (const auto& [name, tensor] : made.entries()) {
            const bool isDrawn = name.ends_with("qkv.weight") || name.ends_with("proj.weight") ||
                                 name.ends_with("fc1.weight") || name.ends_with("fc2.weight");
            EXPECT_EQ(tensor == *stock.find(name), !isDrawn) << rule << " " << name;
        }
    }
    const auto fc1 = "blocks.0.mlp.fc1.weight"; // [64, 24]
    EXPECT_NEAR(deviationOf(valuesOf(madeBy("trunc-normal:std=0.5"), fc1)), 0.5, 0.03);
    EXPECT_NEAR(deviationOf(valuesOf(madeBy("xavier"), fc1)), std::sqrt(2.0 / 88), 0.006);
    EXPECT_NEAR(deviationOf(valuesOf(madeBy("kaiming"), fc1)), std::sqrt(2.0 / 24), 0.015);
    EXPECT_NEAR(
        deviationOf(valuesOf(madeBy("kaiming:mode=fan_out"), fc1)), std::sqrt(2.0 / 64), 0.01);
}

TEST(WeightRules, StockEqualsTheRandomTwinOfItsSeed) {
    const auto twin = randomStudent(*model(kStudent), 11);
    const auto made = madeBy("stock:seed=11");
    for (const auto& [name, tensor] : made.entries())
        EXPECT_EQ(tensor, *twin.find(name)) << name;
}

TEST(WeightRules, ScaleOnlyKeepsMeanAndDeviationOfTheWholeTensor) {
    const auto made = plan(kTeacher, kStudent, withWeights("scale-only"));
    auto weights = filledTeacher(*made.teacher)->readAll().value();
    for (float& value : weights.find("blocks.0.mlp.fc1.weight")->floats())
        value = value * 0.1F + 3.0F;
    const auto student = initializeStudent(*memoryCheckpoint(std::move(weights)), made).value();
    const auto values = valuesOf(student, "blocks.0.mlp.fc1.weight");
    double sum = 0;
    for (const float value : values)
        sum += value;
    EXPECT_NEAR(sum / static_cast<double>(values.size()), 3.0, 0.01);
    EXPECT_NEAR(deviationOf(values), 0.1 / std::sqrt(3.0), 0.004);
}

TEST(WeightRules, MimeticMakesTheProductsOfThePaper) {
    const auto made = madeBy("mimetic"); // 3 heads of 8, width 24
    const auto qkv = valuesOf(made, "blocks.0.attn.qkv.weight");
    const auto proj = valuesOf(made, "blocks.0.attn.proj.weight");
    const auto at = [](const std::vector<float>& m, std::size_t r, std::size_t c) {
        return static_cast<double>(m[r * 24 + c]);
    };
    double trace = 0, square = 0; // of W_proj W_V = -0.4 I + 0.4 Z, whole
    for (std::size_t i = 0; i < 24; ++i)
        for (std::size_t j = 0; j < 24; ++j) {
            double product = 0;
            for (std::size_t k = 0; k < 24; ++k)
                product += at(proj, i, k) * at(qkv, 48 + k, j);
            trace += i == j ? product : 0;
            square += (product + (i == j ? 0.4 : 0)) * (product + (i == j ? 0.4 : 0));
        }
    EXPECT_NEAR(trace / 24, -0.4, 0.08);
    EXPECT_NEAR(square / 24, 0.16, 0.04);          // 24² draws of variance 0.4² / 24
    for (std::size_t head = 0; head < 3; ++head) { // rank 8 of 24, both factors of one norm
        double query = 0, key = 0, along = 0;
        for (std::size_t k = head * 8; k < head * 8 + 8; ++k)
            for (std::size_t c = 0; c < 24; ++c) {
                query += at(qkv, k, c) * at(qkv, k, c);
                key += at(qkv, 24 + k, c) * at(qkv, 24 + k, c);
                along += at(qkv, k, c) * at(qkv, 24 + k, c);
            }
        EXPECT_NEAR(query, key, 1e-4);
        EXPECT_GT(along, 0.5 * query); // W_Q^T W_K leans to the identity
    }
}

TEST(WeightRules, NoiseFallsOnRepeatedRowsAndColumnsAlone) {
    const auto selection = parseWeightSelection("noise:ratio=0.1").value();
    const ModelSpec spec;
    const Parameter parameter{.name = "x", .shape = {4, 3}};
    const std::vector<IndexList> chosen{
        std::make_shared<const std::vector<std::int64_t>>(std::vector<std::int64_t>{0, 1, 0, 1}),
        std::make_shared<const std::vector<std::int64_t>>(std::vector<std::int64_t>{0, 1, 0})};
    std::vector<float> values;
    for (int i = 0; i < 12; ++i)
        values.push_back(0.25F * static_cast<float>(i) - 1);
    const auto made = noiseRule.make({.spec = spec,
                                      .parameter = parameter,
                                      .source = &parameter,
                                      .selection = selection,
                                      .seed = 5,
                                      .values = HostTensor::fromFloats({4, 3}, values),
                                      .chosen = &chosen});
    // SplitMix64, Box and Muller in plain Python
    constexpr std::array expected{-1.0,
                                  -0.75,
                                  -0.5529741,
                                  -0.25,
                                  0.0,
                                  0.1700893,
                                  0.5055522,
                                  0.7630434,
                                  0.9952483,
                                  1.4076297,
                                  1.5229149,
                                  1.5997288};
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(made->floats()[i], expected[i], 2e-7) << i;
    EXPECT_EQ(made->floats()[0], values[0]);
    EXPECT_EQ(madeBy("noise").entries(), madeBy("copy").entries()); // nothing is repeated
}

TEST(WeightRules, NoisePartsTheCopiesOfAGrownUnitAndTheNoteSaysSo) {
    const auto made = [](std::string_view weights) {
        auto options = withWeights(weights);
        options.growth = Growth::Net2Net;
        return plan("vit:dim=24,heads=3,depth=1,mlp=32,image=16,patch=8,num_classes=5",
                    "vit:dim=24,heads=3,depth=1,mlp=40,image=16,patch=8,num_classes=5",
                    options);
    };
    const auto noisy = made("noise");
    EXPECT_TRUE(noisy.notes.back().ends_with(
        "the function is not kept, for the weight rule noise changes the weights"))
        << noisy.notes.back();
    const auto teacher = filledTeacher(*noisy.teacher);
    const auto with = initializeStudent(*teacher, noisy).value();
    const auto without = initializeStudent(*teacher, made("copy")).value();
    const auto ours = valuesOf(with, "blocks.0.mlp.fc1.weight"); // [40, 24]
    const auto plain = valuesOf(without, "blocks.0.mlp.fc1.weight");
    EXPECT_TRUE(std::equal(ours.begin(), ours.begin() + 32 * 24, plain.begin()));
    double square = 0;
    for (std::size_t i = 32 * 24; i < ours.size(); ++i) {
        EXPECT_NE(ours[i], plain[i]);
        square += static_cast<double>((ours[i] - plain[i]) * (ours[i] - plain[i]));
    }
    EXPECT_NEAR(std::sqrt(square / (8 * 24)) / deviationOf(plain), 0.01, 0.002);
    EXPECT_EQ(*with.find("blocks.0.norm1.weight"), *without.find("blocks.0.norm1.weight"));
}

TEST(WeightRules, MimeticPositionsAreSinusoids) {
    EXPECT_EQ(madeBy("mimetic").find("pos_embed")->bytes, madeBy("stock").find("pos_embed")->bytes);
    const auto rowOf = [](const std::vector<float>& values,
                          std::size_t row,
                          const std::vector<double>& expected) {
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_NEAR(values[row * expected.size() + i], expected[i], 1e-7) << row << " " << i;
    };
    const auto teacher = "vit:dim=20,heads=1,depth=1,mlp=20,image=16,patch=8,num_classes=0";
    const auto student = "vit:dim=10,heads=1,depth=1,mlp=20,image=16,patch=8,num_classes=0";
    const auto grid =
        valuesOf(madeBy("mimetic:positions=sinusoidal", teacher, student), "pos_embed");
    ASSERT_EQ(grid.size(), 50U);
    rowOf(grid, 0, std::vector<double>(10, 0.0)); // the class token
    rowOf(grid, 1, {0, 0, 1, 1, 0, 0, 1, 1, 0, 0});
    rowOf(grid, 3, {0.8414710, 0.0099998, 0.5403023, 0.9999500, 0, 0, 1, 1, 0, 0});
    rowOf(grid,
          4,
          {0.8414710,
           0.0099998,
           0.5403023,
           0.9999500,
           0.8414710,
           0.0099998,
           0.5403023,
           0.9999500,
           0,
           0});
    const auto text = madeBy("mimetic:positions=sinusoidal",
                             "gpt2:dim=12,heads=1,depth=1,mlp=12,vocab=9,positions=8",
                             "gpt2:dim=6,heads=1,depth=1,mlp=12,vocab=9,positions=5");
    const auto* table = text.find("transformer.wpe.weight");
    ASSERT_TRUE(table);
    rowOf(toFloats(*table), 3, {0.1411200, -0.9899925, 0.1387981, 0.9903207, 0.0064633, 0.9999791});
}

TEST(WeightRules, LastMatchingPatternCountsAndOthersCopy) {
    SelectionOptions options;
    options.parameters = {{"blocks.*", parseWeightSelection("stock").value()},
                          {"*.norm1.*", parseWeightSelection("copy").value()}};
    const auto made = plan(kTeacher, kStudent, options);
    EXPECT_EQ(made.find("blocks.0.mlp.fc1.weight")->weights.rule, "stock");
    EXPECT_EQ(made.find("blocks.0.norm1.weight")->weights.rule, "copy");
    EXPECT_EQ(made.find("cls_token")->weights.rule, "copy");
    const auto student = initializeStudent(*filledTeacher(*made.teacher), made).value();
    const auto copied = madeBy("copy");
    EXPECT_EQ(*student.find("blocks.0.norm1.weight"), *copied.find("blocks.0.norm1.weight"));
    EXPECT_NE(*student.find("blocks.0.mlp.fc1.weight"), *copied.find("blocks.0.mlp.fc1.weight"));
    options.parameters.push_back({"block.0.*", {}});
    EXPECT_EQ(planError(kTeacher, kStudent, options).text,
              "no parameter of the student has such a name");
    options.parameters = {{"*", {.rule = "none"}}};
    EXPECT_EQ(planError(kTeacher, kStudent, options).text, "there is no weight rule \"none\"");
}

TEST(WeightRules, EveryRuleKeepsTheTeachersDTypeAndTheStudentsShapes) {
    for (const auto* rule : weightRules()) {
        const auto made = plan(kTeacher, kStudent, withWeights(rule->name));
        StateDict halves;
        for (const auto& parameter : made.teacher->parameters) {
            auto tensor = HostTensor::zeros(DType::BF16, parameter.shape);
            for (std::size_t i = 0; i < tensor.bytes.size(); i += 2) {
                tensor.bytes[i] = static_cast<std::byte>(i * 37 % 251);
                tensor.bytes[i + 1] = static_cast<std::byte>(0x3d);
            }
            halves.set(parameter.name, std::move(tensor));
        }
        const auto checkpoint = memoryCheckpoint(std::move(halves));
        const auto student = initializeStudent(*checkpoint, made);
        ASSERT_TRUE(student) << rule->name << student.error().message();
        for (const auto& parameter : made.student->parameters) {
            EXPECT_EQ(student->find(parameter.name)->dtype, DType::BF16) << rule->name;
            EXPECT_EQ(student->find(parameter.name)->shape, parameter.shape) << rule->name;
        }
        EXPECT_EQ(initializeStudent(*checkpoint, made)->entries(), student->entries())
            << rule->name;
    }
}

} // namespace
} // namespace heirloom
