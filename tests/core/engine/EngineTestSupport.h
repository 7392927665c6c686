// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"
#include "core/model/Families.h"
#include "core/training/Engine.h"

#include <memory>
#include <string>
#include <vector>

namespace heirloom::test {

/// The engine of this test program; made once.
[[nodiscard]] const Engine& engine();

/// A case of tests/data/golden/forward: the model that its weights are recognised as, and its
/// tensors.
struct GoldenCase {
    ModelSpec model;
    StateDict weights;
    StateDict io;    ///< input, logits, hidden.*
    StateDict train; ///< loss, grad_norm.*, after.*; empty where there is no training step
};

/// \throws std::runtime_error with the reader's message
[[nodiscard]] GoldenCase goldenCase(const std::string& name);
[[nodiscard]] StateDict readAll(const std::filesystem::path& file);

/// A model of tests/data/golden/engine: the file that holds it, its config.json and its logits of
/// stockInput().
struct StockCase {
    std::string name;
    std::string changes; ///< what the file does not tell
    std::string config;  ///< of transformers' models; else empty
    StateDict weights;
    std::vector<float> logits;
    double gradient = 0; ///< its L2 norm, for the usual weights

    /// As its file is recognised.
    [[nodiscard]] ModelSpec model() const;
};
[[nodiscard]] std::vector<std::string> stockCaseNames();
/// `Small`: weights a sixteenth as large, so that the eps of a norm shows.
enum class StockWeights { Usual, Small };
[[nodiscard]] StockCase stockCase(const std::string& name,
                                  StockWeights weights = StockWeights::Usual);
/// [2, 3, 32, 32]
[[nodiscard]] HostTensor stockInput();

/// Largest difference as a share of the largest expected value.
[[nodiscard]] double relativeDifference(const std::vector<float>& found,
                                        const std::vector<float>& expected);

/// Random weights for a model, as its family draws them but simpler: normal with deviation 0.02
/// (matrices), 1 (gains and variances), 0 (the rest).
[[nodiscard]] StateDict drawnWeights(const ModelSpec& model, std::uint64_t seed);

} // namespace heirloom::test
