// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heirloom {

/// Where labelled images are, before anything is read.
///
/// A folder with train/<class>/*.jpg and one of val/, validation/, test/, held_out/ of the same classes (or only one of the two levels);
/// or an HDF5 file with train/images [n, H, W, C] uint8, train/labels [n], held_out/images, held_out/labels, and optional
/// attributes `mean` and `std` (one a channel, of pixels in [0, 1]) and a dataset `classes` of names.
struct DataSource {
    std::filesystem::path path;
    /// Input is (pixel / 255 - mean) / std, one value a channel. Empty: the file's own, else the model family's usual ones.
    std::vector<double> mean;
    std::vector<double> standardDeviation;
};

/// What was found there.
struct DatasetInfo {
    std::vector<std::string> classes; ///< alphabetical for folders
    std::int64_t trainImages = 0;
    std::int64_t heldOutImages = 0;
    std::string heldOutName;          ///< "test", "held_out"; empty when there is none
    int height = 0;                   ///< of the first image
    int width = 0;
    int channels = 0;
};

} // namespace heirloom
