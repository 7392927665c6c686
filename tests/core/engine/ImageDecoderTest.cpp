// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/Checkpoint.h"
#include "core/engine/data/Image.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace heirloom::test {
namespace {

std::filesystem::path specimen(const std::string& name) { return dataFolder() / "images" / name; }

/// What Pillow made of the specimens (tests/data/images/make_images.py).
std::vector<std::uint8_t> pillowPixels(const std::string& name) {
    const auto checkpoint = openCheckpoint(specimen("pixels.safetensors"));
    EXPECT_TRUE(checkpoint);
    const auto tensor = (*checkpoint)->read(name);
    EXPECT_TRUE(tensor) << name;
    std::vector<std::uint8_t> pixels(tensor->bytes.size());
    std::memcpy(pixels.data(), tensor->bytes.data(), pixels.size());
    return pixels;
}

std::vector<std::byte> bytesOf(const std::string& name) {
    std::ifstream in(specimen(name), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    std::vector<std::byte> bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

class ImageDecoder : public testing::TestWithParam<const char*> {};

TEST_P(ImageDecoder, GivesThePixelsOfPillow) {
    const std::string name = GetParam();
    const auto image = readImage(specimen(name));
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ(image->size.height, 13);
    EXPECT_EQ(image->size.width, 17);
    EXPECT_EQ(withChannels(*image, 3).pixels, pillowPixels(name + ".rgb"));
    EXPECT_EQ(withChannels(*image, 1).pixels, pillowPixels(name + ".l"));
}

INSTANTIATE_TEST_SUITE_P(AllKinds,
                         ImageDecoder,
                         testing::Values("colour420.jpg",
                                         "colour444.jpg",
                                         "grey.jpg",
                                         "colour.png",
                                         "transparent.png",
                                         "palette.png",
                                         "bits.png"),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

TEST(ImageDecoder, RefusesACutImage) {
    for (const char* name : {"colour420.jpg", "colour444.jpg", "colour.png"}) {
        const auto bytes = bytesOf(name);
        for (const std::size_t length :
             {bytes.size() / 2, bytes.size() * 9 / 10, std::size_t{12}, std::size_t{3}}) {
            const auto image = decodeImage(std::span(bytes).first(length), name);
            ASSERT_FALSE(image) << name << " cut to " << length;
            EXPECT_EQ(image.error().where, name);
            EXPECT_TRUE(image.error().text.starts_with("the image could not be decoded: "))
                << image.error().text;
        }
    }
}

TEST(ImageDecoder, SurvivesAnyDamagedByte) {
    for (const char* name :
         {"colour420.jpg", "colour444.jpg", "grey.jpg", "colour.png", "palette.png"}) {
        const auto bytes = bytesOf(name);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
                auto damaged = bytes;
                damaged[i] ^= static_cast<std::byte>(mask);
                const auto image = decodeImage(damaged, name);
                EXPECT_TRUE(!image || image->pixels.size() == image->size.bytes());
            }
    }
}

TEST(ImageDecoder, RefusesWhatIsNoImage) {
    EXPECT_FALSE(decodeImage({}, "empty"));
    const auto image = decodeImage(bytesOf("make_images.py"), "text.jpg");
    ASSERT_FALSE(image);
    EXPECT_NE(image.error().text.find("neither JPEG nor PNG"), std::string::npos);
    EXPECT_FALSE(readImage("/nowhere/a.jpg"));
}

TEST(ImageResize, GivesThePixelsOfPillowsBilinear) {
    const auto image = readImage(specimen("colour.png"));
    ASSERT_TRUE(image);
    for (const auto& [height, width] : std::vector<std::pair<int, int>>{{5, 7}, {29, 40}, {13, 4}})
        EXPECT_EQ(resizeBilinear(*image, height, width).pixels,
                  pillowPixels(fmt::format("resized.{}x{}", height, width)));
}

TEST(ImageResize, FitsTheShortestSideAndTakesTheCentre) {
    Image image{{2, 4, 1}, {10, 20, 30, 40, 50, 60, 70, 80}};
    const Image same = fitTo(image, 2, 4);
    EXPECT_EQ(same.pixels, image.pixels);
    const Image centre = fitTo(image, 2, 2);
    EXPECT_EQ(centre.pixels, (std::vector<std::uint8_t>{20, 30, 60, 70}));
}

TEST(ImageResize, DoesNotBlowUpALongThinImage) {
    Image image{{1, 1'000'000, 1}, std::vector<std::uint8_t>(1'000'000, 77)};
    const Image fitted = fitTo(std::move(image), 224, 224); // scaled as a whole it would take 50 GB
    EXPECT_EQ(fitted.pixels, std::vector<std::uint8_t>(224 * 224, 77));
}

} // namespace
} // namespace heirloom::test
