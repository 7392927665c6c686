// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/ImageSet.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace heirloom {
namespace {

constexpr std::int64_t kChunk = 512; // images between two looks at the control

class MemoryImages final : public ImageSet {
public:
    explicit MemoryImages(const ImageSet& source) {
        m_labels = source.labels();
        m_imageSize = source.imageSize();
        m_pixels.resize(m_labels.size() * m_imageSize.bytes());
    }

    Result<bool> fill(const ImageSet& source, RunControl& control) {
        std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(kChunk, size())));
        for (std::int64_t first = 0; first < size(); first += kChunk) {
            if (control.isStopRequested())
                return false;
            indices.resize(static_cast<std::size_t>(std::min(kChunk, size() - first)));
            std::iota(indices.begin(), indices.end(), first);
            const std::span out(m_pixels.data() +
                                    static_cast<std::size_t>(first) * m_imageSize.bytes(),
                                indices.size() * m_imageSize.bytes());
            if (auto status = source.read(indices, out); !status)
                return std::unexpected(status.error());
        }
        return true;
    }

    Status read(std::span<const std::int64_t> indices, std::span<std::uint8_t> out) const override {
        const std::size_t bytes = m_imageSize.bytes();
        for (std::size_t i = 0; i < indices.size(); ++i)
            std::memcpy(out.data() + i * bytes,
                        m_pixels.data() + static_cast<std::size_t>(indices[i]) * bytes,
                        bytes);
        return {};
    }

private:
    std::vector<std::uint8_t> m_pixels;
};

} // namespace

Result<std::shared_ptr<const ImageSet>> inMemory(std::shared_ptr<const ImageSet> images,
                                                 RunControl& control) {
    const auto bytes = static_cast<std::int64_t>(images->imageSize().bytes());
    if (bytes > 0 && images->size() > kImagesInMemory / bytes)
        return images;
    auto copy = std::make_shared<MemoryImages>(*images);
    auto whole = copy->fill(*images, control);
    if (!whole)
        return std::unexpected(whole.error());
    if (!*whole)
        return std::shared_ptr<const ImageSet>();
    return copy;
}

} // namespace heirloom
