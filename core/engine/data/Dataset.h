// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/engine/data/ImageSet.h"
#include "core/training/DataSource.h"

#include <memory>
#include <string>
#include <vector>

namespace heirloom {

enum class Split { Train, HeldOut };

/// Training and held-out images of one place on the disk. Opening reads names and labels, and of
/// the images only the first.
class Dataset {
public:
    virtual ~Dataset() = default;
    /// Every label is an index into info().classes.
    [[nodiscard]] const DatasetInfo& info() const { return m_info; }
    /// Empty when the data does not say.
    [[nodiscard]] const std::vector<double>& mean() const { return m_mean; }
    [[nodiscard]] const std::vector<double>& standardDeviation() const {
        return m_standardDeviation;
    }

    /// The images of a split as a model wants them: channels converted, other sizes fitted. Nothing
    /// is decoded yet.
    /// \return null when the data has no such split
    [[nodiscard]] virtual Result<std::shared_ptr<const ImageSet>> images(
        Split split, ImageSize wanted) const = 0;

protected:
    DatasetInfo m_info;
    std::vector<double> m_mean;
    std::vector<double> m_standardDeviation;
};

/// A folder (openImageFolder) or an HDF5 file (openHdf5Dataset), by what lies at source.path.
[[nodiscard]] Result<std::shared_ptr<const Dataset>> openDataset(const DataSource& source);

/// train/<class>/*.jpg and one of test/, held_out/, val/, validation/ with the same classes, or one
/// of these levels alone, or <class>/*.jpg. .jpg, .jpeg and .png in any case; links that lead
/// nowhere and other files are passed over. Sorted by name, so equal on every machine.
[[nodiscard]] Result<std::shared_ptr<const Dataset>> openImageFolder(
    const std::filesystem::path& folder);

/// Layout as in DataSource.h; labels of any integer type.
[[nodiscard]] Result<std::shared_ptr<const Dataset>> openHdf5Dataset(
    const std::filesystem::path& file);

} // namespace heirloom
