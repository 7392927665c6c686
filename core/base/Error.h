// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace heirloom {

/// Why an operation on the user's data, disk or machine did not succeed.
///
/// A programmer's mistake is an assert; "nothing there" is a std::optional; everything else that
/// can go wrong is an Error.
struct Error {
    std::string
        where; ///< file, tensor or byte offset concerned ("blocks.3.attn.qkv.weight"); may be empty
    std::string text;   ///< what was expected and what was found, a clause without a final stop
    std::string advice; ///< what the user can do, a sentence without a final stop; may be empty

    /// "where: text. advice." as one line for a person.
    [[nodiscard]] std::string message() const;
};

template <class T> using Result = std::expected<T, Error>;
using Status = Result<void>;

/// Builds the unexpected side of a Result: `return fail(path, "expected {} bytes, found {}", a,
/// b);`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(std::string where,
                                          fmt::format_string<Args...> format,
                                          Args&&... args) {
    return std::unexpected(
        Error{std::move(where), fmt::format(format, std::forward<Args>(args)...), {}});
}

/// The same error with `advice` added, for passing on: `return
/// std::unexpected(withAdvice(r.error(), "..."))`.
[[nodiscard]] Error withAdvice(Error error, std::string advice);

} // namespace heirloom
