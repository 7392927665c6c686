// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace heirloom {

/// Two factors [rank, width], row-major, of a square matrix: left^T right is its best approximation
/// of that rank, and both share the singular values' roots.
struct Factors {
    std::vector<double> left;
    std::vector<double> right;
};

/// Of alpha Z + beta I, Z normal of variance 1 / width, [width, width].
/// \pre 0 <= rank <= width
[[nodiscard]] Factors mimeticFactors(
    std::int64_t width, std::int64_t rank, double alpha, double beta, std::uint64_t seed);

/// Eigenvalues, ascending, of a symmetric matrix [n, n]; its rows become the eigenvectors.
/// Householder's reduction and implicit QL (Bowdler, Martin, Reinsch, Wilkinson 1968).
[[nodiscard]] std::vector<double> symmetricEigen(std::vector<double>& matrix, std::int64_t n);

} // namespace heirloom
