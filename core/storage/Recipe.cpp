// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Recipe.h"

#include "core/base/AtomicFile.h"
#include "core/base/ByteSource.h"
#include "core/model/Families.h"
#include "core/model/Translation.h"
#include "core/selection/PlanParts.h"
#include "core/storage/Fingerprint.h"

#include <algorithm>

namespace heirloom {
namespace {

constexpr std::uint64_t largestFile = 16 << 20;

Result<std::string> readText(const std::filesystem::path& path) {
    auto source = openFile(path);
    if (!source)
        return std::unexpected(source.error());
    if ((*source)->size() > largestFile) {
        auto error = fail(path.string(),
                          "a recipe has at most {} bytes, this file has {}",
                          largestFile,
                          (*source)->size());
        error.error().advice = "Choose a file that ends in .heirloom.json";
        return error;
    }
    std::string text((*source)->size(), '\0');
    if (auto read = (*source)->readAt(0, std::as_writable_bytes(std::span(text))); !read)
        return std::unexpected(read.error());
    return text;
}

bool looksLikeJson(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

/// The teacher as the recipe understood it, where that fits the file.
Result<OpenedModel> openTeacher(std::string_view file,
                                const std::string& model,
                                const OpenOptions& options) {
    auto teacher = openModel(file, ModelText::FileOnly, options);
    if (!teacher || model.empty() || canonicalName(*teacher->spec) == model)
        return teacher;
    if (auto spec = recognizeModelAs(*teacher->checkpoint, model))
        teacher->spec = std::make_shared<const ModelSpec>(std::move(*spec));
    return teacher;
}

} // namespace

Result<TeacherIdentity> identify(const OpenedModel& teacher) {
    TeacherIdentity identity{.model = canonicalName(*teacher.spec), .file = {}, .fingerprint = {}};
    if (!teacher.checkpoint)
        return identity;
    auto fingerprint = weightFingerprint(*teacher.checkpoint);
    if (!fingerprint)
        return std::unexpected(fingerprint.error());
    identity.fingerprint = std::move(*fingerprint);
    identity.file = teacher.checkpoint->path().filename().string();
    return identity;
}

Recipe recipeOf(const SelectionPlan& plan, TeacherIdentity teacher) {
    Recipe recipe{.teacher = std::move(teacher),
                  .student = canonicalName(*plan.student),
                  .options = plan.options};
    if (plan.options.asPublished)
        return recipe;
    recipe.options.spaces.clear();
    for (std::size_t i = 0; i < plan.spaces.size(); ++i) {
        const auto& space = plan.spaces[i];
        // Nets of no known family are cut tensor by tensor: no strategy chooses there.
        const bool isChosen = i < plan.student->spaces.size() &&
                              plan.student->spaces[i].name == space.student &&
                              isSelectable(plan.student->spaces[i].kind);
        if (space.teacherSpace >= 0 && isChosen)
            recipe.options.spaces.emplace_back(space.student, space.selection);
    }
    return recipe;
}

Result<Recipe> readRecipe(const std::filesystem::path& path) {
    auto head = openFile(path);
    if (!head)
        return std::unexpected(head.error());
    std::string start(std::min<std::uint64_t>((*head)->size(), 64), '\0');
    if (auto read = (*head)->readAt(0, std::as_writable_bytes(std::span(start))); !read)
        return std::unexpected(read.error());
    if (looksLikeJson(start)) {
        auto text = readText(path);
        if (!text)
            return std::unexpected(text.error());
        return parseRecipe(*text, path.string());
    }
    auto checkpoint = openCheckpoint(path);
    if (!checkpoint)
        return std::unexpected(withAdvice(checkpoint.error(),
                                          "A recipe is a .heirloom.json file, or a checkpoint that "
                                          "Heirloom wrote"));
    const auto stored = (*checkpoint)->metadata().find(std::string(recipeKey));
    if (stored == (*checkpoint)->metadata().end()) {
        auto error = fail(path.string(), "this checkpoint holds no recipe");
        error.error().advice = "Choose a .heirloom.json file, or a checkpoint that Heirloom wrote";
        return error;
    }
    return parseRecipe(stored->second, path.string());
}

Status writeRecipe(const Recipe& recipe, const std::filesystem::path& path) {
    const auto text = recipeText(recipe, RecipeLayout::Readable);
    return writeFile(path, std::as_bytes(std::span(text)));
}

Result<PlannedRecipe> planRecipe(const Recipe& recipe,
                                 std::string_view file,
                                 TeacherCheck check,
                                 std::shared_ptr<const ModelSpec> student,
                                 const OpenOptions& options) {
    auto teacher = openTeacher(file, recipe.teacher.model, options);
    if (!teacher)
        return std::unexpected(teacher.error());
    if (check == TeacherCheck::Same && !recipe.teacher.fingerprint.empty()) {
        const auto found = weightFingerprint(*teacher->checkpoint);
        if (!found)
            return std::unexpected(found.error());
        if (*found != recipe.teacher.fingerprint) {
            auto error = fail(std::string(file),
                              "the recipe was made from other weights: {}{}fingerprint {}, here {}",
                              recipe.teacher.file,
                              recipe.teacher.file.empty() ? "" : ", ",
                              recipe.teacher.fingerprint,
                              *found);
            error.error().advice = "Choose the recipe's own teacher, or give --any-teacher to make "
                                   "the same choices on these weights";
            return error;
        }
    }
    if (!student) {
        if (recipe.student == "unknown")
            return std::unexpected(Error{"student",
                                         "the recipe was made for a net of no known family, which "
                                         "has no name to build it from",
                                         "Give the student's checkpoint as --student FILE"});
        auto named = modelFromName(recipe.student);
        if (!named)
            return std::unexpected(
                withAdvice(named.error(), "The recipe's \"student\" must be the name of a model"));
        if (auto fits = fitsInMemory(*named); !fits)
            return std::unexpected(fits.error());
        student = std::make_shared<const ModelSpec>(std::move(*named));
    }
    auto spoken = spokenLike(*teacher, *student);
    if (!spoken)
        return std::unexpected(spoken.error());
    auto plan = planSelection(spoken->spec, student, recipe.options, spoken->checkpoint.get());
    if (!plan)
        return std::unexpected(plan.error());
    return PlannedRecipe{std::move(*teacher), std::move(*spoken), std::move(*plan)};
}

} // namespace heirloom
