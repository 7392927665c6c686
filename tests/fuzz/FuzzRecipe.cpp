// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Recipe.h"
#include "tests/fuzz/Fuzz.h"

#include <cstdlib>

using namespace heirloom;

/// Any bytes as a recipe: one that is understood, written and read again, is the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto recipe = parseRecipe({reinterpret_cast<const char*>(data), size}, "recipe");
    if (!recipe)
        return 0;
    const auto text = recipeText(*recipe, RecipeLayout::Compact);
    const auto again = parseRecipe(text, "again");
    if (!again || recipeText(*again, RecipeLayout::Compact) != text)
        std::abort();
    return 0;
}
