// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/OpenedModel.h"
#include "core/selection/SelectionPlan.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace heirloom {

/// Which weights a selection was made from.
struct TeacherIdentity {
    std::string model;       ///< canonicalName()
    std::string file;        ///< name of the file, without folders; a hint for a person
    std::string fingerprint; ///< weightFingerprint(); empty: any weights

    bool operator==(const TeacherIdentity&) const = default;
};

/// Reads the first and last rows of the tensors, for the fingerprint.
[[nodiscard]] Result<TeacherIdentity> identify(const OpenedModel& teacher);

/// A selection that can be done again: which teacher, which student, and every choice in between.
/// Written as JSON in `.heirloom.json` files and as metadata "heirloom.recipe" of the checkpoints
/// that came of it; resources/schema/heirloom-recipe.schema.json is its schema.
struct Recipe {
    TeacherIdentity teacher;
    std::string student; ///< canonicalName() of the student
    SelectionOptions options;

    bool operator==(const Recipe&) const = default;
};

/// Ending of recipe files.
inline constexpr std::string_view recipeEnding = ".heirloom.json";
/// Key of a checkpoint's metadata that holds its recipe.
inline constexpr std::string_view recipeKey = "heirloom.recipe";

/// The recipe of a plan: one entry for each index space on which a strategy chose, so that nothing
/// in it depends on a default that may change.
[[nodiscard]] Recipe recipeOf(const SelectionPlan& plan, TeacherIdentity teacher);

/// Canonical JSON: fixed order of keys, one row an index space. Equal recipes have equal text.
/// \param compact on one line, for metadata
enum class RecipeLayout { Readable, Compact };
[[nodiscard]] std::string recipeText(const Recipe& recipe, RecipeLayout layout);

/// An Error names what is wrong, where, and what is known: a newer version, an unknown key, a word
/// that no strategy has. `where` is said of the source: a file name.
[[nodiscard]] Result<Recipe> parseRecipe(std::string_view json, const std::string& where);
/// Reads a recipe file, or the recipe in a checkpoint's metadata.
[[nodiscard]] Result<Recipe> readRecipe(const std::filesystem::path& path);
[[nodiscard]] Status writeRecipe(const Recipe& recipe, const std::filesystem::path& path);

/// A recipe at work.
struct PlannedRecipe {
    OpenedModel opened;  ///< the teacher as its file has it
    OpenedModel teacher; ///< under the student's names, as the plan reads it
    SelectionPlan plan;
};

enum class TeacherCheck { Same, Any };

/// The plan of a recipe for the weights in `file`, understood as the recipe understood its teacher
/// (heads, and what else a file cannot tell).
/// \param check `Any` leaves the fingerprint unread: the same choices on other weights
/// \param student instead of the recipe's own, which has no name where its family is not known
/// \param options how the teacher's file is opened
/// \return an Error when the teacher is not the recipe's, or the student cannot be built from its
/// name
[[nodiscard]] Result<PlannedRecipe> planRecipe(const Recipe& recipe,
                                               std::string_view file,
                                               TeacherCheck check = TeacherCheck::Same,
                                               std::shared_ptr<const ModelSpec> student = nullptr,
                                               const OpenOptions& options = {});

} // namespace heirloom
