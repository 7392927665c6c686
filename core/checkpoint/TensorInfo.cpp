// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/TensorInfo.h"

#include <array>

namespace heirloom {
namespace {

struct DTypeFacts {
    std::string_view name;
    std::int64_t size;
    bool isFloat;
};

/// In the order of the enumeration.
constexpr std::array<DTypeFacts, 16> facts = {{{"F64", 8, true},
                                               {"F32", 4, true},
                                               {"F16", 2, true},
                                               {"BF16", 2, true},
                                               {"F8_E4M3", 1, true},
                                               {"F8_E5M2", 1, true},
                                               {"I64", 8, false},
                                               {"I32", 4, false},
                                               {"I16", 2, false},
                                               {"I8", 1, false},
                                               {"U64", 8, false},
                                               {"U32", 4, false},
                                               {"U16", 2, false},
                                               {"U8", 1, false},
                                               {"BOOL", 1, false},
                                               {"unsupported", 0, false}}};

static_assert(facts.size() == static_cast<std::size_t>(DType::Unsupported) + 1);

const DTypeFacts& of(DType dtype) { return facts[static_cast<std::size_t>(dtype)]; }

} // namespace

std::string_view dtypeName(DType dtype) { return of(dtype).name; }

std::optional<DType> dtypeFromName(std::string_view name) {
    for (std::size_t i = 0; i + 1 < facts.size(); ++i)
        if (facts[i].name == name)
            return static_cast<DType>(i);
    return std::nullopt;
}

std::int64_t dtypeSize(DType dtype) { return of(dtype).size; }

bool isFloatingPoint(DType dtype) { return of(dtype).isFloat; }

std::string shapeText(const Shape& shape) {
    if (shape.empty())
        return "scalar";
    std::string text;
    for (const std::int64_t size : shape) {
        if (!text.empty())
            text += "×";
        text += std::to_string(size);
    }
    return text;
}

} // namespace heirloom
