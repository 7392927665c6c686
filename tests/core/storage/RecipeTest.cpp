// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Recipe.h"

#include "core/checkpoint/CheckpointWriter.h"
#include "core/model/Families.h"
#include "core/selection/InitializeStudent.h"
#include "core/storage/Export.h"
#include "core/storage/Fingerprint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace heirloom {
namespace {

using test::TemporaryFolder;

constexpr std::string_view teacherName =
    "vit:dim=48,heads=3,depth=4,image=32,patch=8,num_classes=10";
constexpr std::string_view studentName =
    "vit:dim=24,heads=3,depth=2,image=32,patch=8,num_classes=10";

/// A teacher on disk, drawn from `seed`.
std::string writeTeacher(const std::filesystem::path& path, std::uint64_t seed) {
    const auto spec = modelFromName(teacherName).value();
    ExportOptions target;
    target.path = path;
    target.format = formatForPath(path).value();
    target.metadata = {{"heirloom.model", canonicalName(spec)}};
    EXPECT_TRUE(exportStudent(randomStudent(spec, seed), target));
    return path.string();
}

SelectionOptions manyChoices() {
    SelectionOptions options;
    options.layers = parseLayerSelection("blocks=0-3").value();
    options.element = parseElementSelection("random:seed=5").value();
    options.spaces = {{"residual", parseElementSelection("magnitude:norm=1").value()},
                      {"blocks.*.mlp", parseElementSelection("consecutive:position=last").value()}};
    options.seed = 18446744073709551615U;
    return options;
}

struct Made {
    OpenedModel teacher;
    SelectionPlan plan;
    Recipe recipe;
};

Made make(const std::string& file, const SelectionOptions& options) {
    auto teacher = openModel(file, ModelText::FileOnly).value();
    auto student = std::make_shared<const ModelSpec>(modelFromName(studentName).value());
    auto plan = planSelection(teacher.spec, student, options, teacher.checkpoint.get()).value();
    auto recipe = recipeOf(plan, identify(teacher).value());
    return {std::move(teacher), std::move(plan), std::move(recipe)};
}

std::string messageOf(const Result<Recipe>& recipe) {
    return recipe ? std::string("read") : recipe.error().message();
}

/// The readable text of a good recipe with one key set to another value.
std::string changed(const std::string& key, const nlohmann::ordered_json& value) {
    Recipe recipe{.teacher = {"a", "b", ""}, .student = std::string(studentName), .options = {}};
    auto json = nlohmann::ordered_json::parse(recipeText(recipe, RecipeLayout::Readable));
    json[key] = value;
    return json.dump();
}

TEST(Recipe, RoundTripsThroughBothLayouts) {
    TemporaryFolder folder;
    const auto made = make(writeTeacher(folder.path() / "t.safetensors", 1), manyChoices());
    for (const auto layout : {RecipeLayout::Readable, RecipeLayout::Compact}) {
        const auto text = recipeText(made.recipe, layout);
        const auto read = parseRecipe(text, "recipe");
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(*read, made.recipe);
        EXPECT_EQ(recipeText(*read, layout), text);
    }
}

TEST(Recipe, HasOneEntryForEachIndexSpaceThatIsChosen) {
    TemporaryFolder folder;
    const auto made = make(writeTeacher(folder.path() / "t.safetensors", 1), manyChoices());
    std::vector<std::string> names;
    for (const auto& [space, element] : made.recipe.options.spaces)
        names.push_back(space);
    const std::vector<std::string> expected = {"residual",
                                               "blocks.0.heads",
                                               "blocks.0.qk_dim",
                                               "blocks.0.v_dim",
                                               "blocks.0.mlp",
                                               "blocks.1.heads",
                                               "blocks.1.qk_dim",
                                               "blocks.1.v_dim",
                                               "blocks.1.mlp"};
    EXPECT_EQ(names, expected);
}

TEST(Recipe, MakesTheSameFileBitForBitFromARenamedTeacher) {
    TemporaryFolder folder;
    const auto file = writeTeacher(folder.path() / "t.safetensors", 1);
    const auto made = make(file, manyChoices());
    const auto write = [&](const OpenedModel& teacher,
                           const SelectionPlan& plan,
                           const Recipe& recipe,
                           const std::string& name) {
        ExportOptions target;
        target.path = folder.path() / name;
        target.metadata = selectionMetadata(plan, recipe);
        EXPECT_TRUE(
            exportStudent(initializeStudent(*teacher.checkpoint, plan).value(), target));
        std::ifstream stream(target.path, std::ios::binary);
        std::stringstream bytes;
        bytes << stream.rdbuf();
        return bytes.str();
    };
    const auto first = write(made.teacher, made.plan, made.recipe, "one.safetensors");

    const auto renamed = (folder.path() / "other.safetensors").string();
    std::filesystem::rename(file, renamed);
    const auto recipe = readRecipe(folder.path() / "one.safetensors"); // out of the metadata
    ASSERT_TRUE(recipe) << recipe.error().message();
    const auto again = planRecipe(*recipe, renamed);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->plan.parameters.size(), made.plan.parameters.size());
    EXPECT_EQ(write(again->teacher, again->plan, *recipe, "two.safetensors"), first);
}

TEST(Recipe, RefusesOtherWeightsUnlessAnyWillDo) {
    TemporaryFolder folder;
    const auto made = make(writeTeacher(folder.path() / "t.safetensors", 1), {});
    const auto other = writeTeacher(folder.path() / "u.safetensors", 2);
    const auto refused = planRecipe(made.recipe, other);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("made from other weights: t.safetensors"),
              std::string::npos);
    EXPECT_TRUE(planRecipe(made.recipe, other, TeacherCheck::Any));
}

TEST(Recipe, KeepsTheAuthorsRule) {
    TemporaryFolder folder;
    const auto made =
        make(writeTeacher(folder.path() / "t.safetensors", 1), {.asPublished = true, .seed = 3});
    const auto read = parseRecipe(recipeText(made.recipe, RecipeLayout::Readable), "recipe");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->options, made.plan.options);
}

TEST(Recipe, WritesAFileThatReadsBackAndNamesTheKeysInOrder) {
    TemporaryFolder folder;
    const auto made = make(writeTeacher(folder.path() / "t.safetensors", 1), manyChoices());
    const auto path = folder.path() / "a.heirloom.json";
    ASSERT_TRUE(writeRecipe(made.recipe, path));
    const auto read = readRecipe(path);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, made.recipe);
    std::ifstream stream(path);
    std::vector<std::string> keys;
    for (std::string line; std::getline(stream, line);)
        if (line.starts_with("  \""))
            keys.push_back(line.substr(3, line.find('"', 3) - 3));
    const std::vector<std::string> expected = {"heirloom_recipe",
                                               "teacher",
                                               "student",
                                               "as_published",
                                               "layers",
                                               "element",
                                               "spaces",
                                               "weights",
                                               "parameters",
                                               "growth",
                                               "seed"};
    EXPECT_EQ(keys, expected);
}

TEST(Recipe, SchemaNamesEveryKeyThatIsWritten) {
    std::ifstream stream(test::dataFolder().parent_path().parent_path() / "resources/schema/heirloom-recipe.schema.json");
    const auto schema = nlohmann::json::parse(stream);
    const Recipe recipe{.teacher = {"a", "b", "c"}, .student = "s", .options = manyChoices()};
    const auto json = nlohmann::json::parse(recipeText(recipe, RecipeLayout::Compact));
    for (const auto& [key, value] : json.items())
        EXPECT_TRUE(schema["properties"].contains(key)) << key;
    for (const auto& [key, value] : json["teacher"].items())
        EXPECT_TRUE(schema["properties"]["teacher"]["properties"].contains(key)) << key;
    for (const auto& [key, value] : json["spaces"][0].items())
        EXPECT_TRUE(schema["properties"]["spaces"]["items"]["properties"].contains(key)) << key;
}

TEST(Recipe, SaysWhatIsWrongAndWhere) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "file: this is no JSON"},
        {"[1]", "expected a JSON object"},
        {"{\"a\": 1}", "this is no recipe"},
        {changed("heirloom_recipe", 2), "expected version 1"},
        {changed("colour", 1), "there is no key of this name: \"colour\""},
        {changed("student", 3), "expected a text in \"student\": 3"},
        {changed("seed", -1), "expected a whole number from 0 on in \"seed\": -1"},
        {changed("seed", 1.5), "expected a whole number"},
        {changed("element", "prettiest"), "there is no strategy \"prettiest\""},
        {changed("layers", "blocks="), "expected"},
        {changed("growth", "wild"), "wild"},
        {changed("weights", "gold"), "gold"},
        {changed("spaces", 1), "expected a list in \"spaces\""},
        {changed("spaces", {1}), "expected objects in \"spaces\""},
        {changed("spaces", {{{"space", "residual"}}}), "expected a text in \"element\""},
        {changed("teacher", "t"), "expected an object in \"teacher\""}};
    for (const auto& [text, expected] : cases) {
        const auto message = messageOf(parseRecipe(text, "file"));
        EXPECT_NE(message.find(expected), std::string::npos) << text << "\n" << message;
        EXPECT_TRUE(message.starts_with("file")) << message;
    }
    auto both = nlohmann::ordered_json::parse(changed("as_published", true));
    both["element"] = "random";
    EXPECT_NE(messageOf(parseRecipe(both.dump(), "file")).find("that rule has no choices"),
              std::string::npos);
}

TEST(Recipe, SaysThatACheckpointHoldsNone) {
    TemporaryFolder folder;
    const auto file = writeTeacher(folder.path() / "t.safetensors", 1);
    EXPECT_NE(messageOf(readRecipe(file)).find("holds no recipe"), std::string::npos);
    EXPECT_FALSE(readRecipe(folder.path() / "none.heirloom.json"));
}

TEST(Fingerprint, IsOfTheWeightsNotOfTheFileFormat) {
    TemporaryFolder folder;
    const auto one = openCheckpoint(writeTeacher(folder.path() / "t.safetensors", 1)).value();
    const auto two = openCheckpoint(writeTeacher(folder.path() / "t.pth", 1)).value();
    const auto other = openCheckpoint(writeTeacher(folder.path() / "u.safetensors", 2)).value();
    const auto fingerprint = weightFingerprint(*one).value();
    EXPECT_EQ(fingerprint.size(), 3U + 64U);
    EXPECT_TRUE(fingerprint.starts_with("v1:"));
    EXPECT_EQ(weightFingerprint(*two).value(), fingerprint);
    EXPECT_NE(weightFingerprint(*other).value(), fingerprint);
}

} // namespace
} // namespace heirloom
