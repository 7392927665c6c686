// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Image.h"

#include <jpeglib.h>
#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <jerror.h> // needs jpeglib.h before it

namespace heirloom {
namespace {

constexpr std::int64_t kMaximumFileBytes = 1LL << 30;
constexpr std::string_view kAdvice = "Replace the image or take it out of the folder";

Error undecodable(const std::string& name, std::string_view why) {
    return Error{
        name, fmt::format("the image could not be decoded: {}", why), std::string(kAdvice)};
}

bool isSane(std::int64_t width, std::int64_t height) {
    return width > 0 && height > 0 && width <= kMaximumImagePixels / height;
}

// Both libraries report errors by longjmp. Everything with a destructor therefore lives in a job
// object outside of the functions that are jumped out of.

struct JpegJob {
    jpeg_decompress_struct decoder;
    jpeg_error_mgr errors;
    std::jmp_buf back;
    std::array<char, JMSG_LENGTH_MAX> message;
    Image image;
    const char* refusal = nullptr;
};

[[noreturn]] void jpegFailed(j_common_ptr info) {
    auto* job = static_cast<JpegJob*>(info->client_data);
    info->err->format_message(info, job->message.data());
    std::longjmp(job->back, 1);
}

/// A cut file only warns in libjpeg, and the rest of the image comes out grey; such an image must
/// not be trained on. Stray bytes between markers are common in photographs and harmless.
void jpegWarned(j_common_ptr info, int level) {
    if (level < 0 &&
        (info->err->msg_code == JWRN_JPEG_EOF || info->err->msg_code == JWRN_HIT_MARKER))
        jpegFailed(info);
}

bool decodeJpeg(JpegJob& job, std::span<const std::byte> bytes) {
    std::memset(&job.decoder, 0, sizeof(job.decoder));
    job.decoder.err = jpeg_std_error(&job.errors);
    job.errors.error_exit = jpegFailed;
    job.errors.emit_message = jpegWarned;
    job.decoder.client_data = &job;
    job.message[0] = '\0';
    if (setjmp(job.back)) {
        jpeg_destroy_decompress(&job.decoder);
        job.refusal = job.message.data();
        return false;
    }
    jpeg_create_decompress(&job.decoder);
    job.decoder.client_data = &job;
    jpeg_mem_src(&job.decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&job.decoder, TRUE);
    const bool grey = job.decoder.num_components == 1;
    if (!grey && job.decoder.num_components != 3)
        job.refusal = "it has four colour channels (CMYK); only grey and RGB are read";
    else if (!isSane(job.decoder.image_width, job.decoder.image_height))
        job.refusal = "it is larger than 100 million pixels";
    if (job.refusal) {
        jpeg_destroy_decompress(&job.decoder);
        return false;
    }
    job.decoder.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    job.decoder.dct_method = JDCT_ISLOW;
    job.decoder.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&job.decoder);
    job.image.size = {static_cast<int>(job.decoder.output_height),
                      static_cast<int>(job.decoder.output_width),
                      job.decoder.output_components};
    job.image.pixels.resize(job.image.size.bytes());
    const std::size_t row = job.image.size.bytes() / job.decoder.output_height;
    while (job.decoder.output_scanline < job.decoder.output_height) {
        JSAMPROW line = job.image.pixels.data() + job.decoder.output_scanline * row;
        jpeg_read_scanlines(&job.decoder, &line, 1);
    }
    jpeg_finish_decompress(&job.decoder);
    jpeg_destroy_decompress(&job.decoder);
    return true;
}

struct PngJob {
    png_structp decoder = nullptr;
    png_infop info = nullptr;
    std::span<const std::byte> rest;
    std::string message;
    Image image;
    std::vector<png_bytep> rows;
};

[[noreturn]] void pngFailed(png_structp decoder, png_const_charp text) {
    static_cast<PngJob*>(png_get_error_ptr(decoder))->message = text;
    png_longjmp(decoder, 1);
}

void pngWarned(png_structp, png_const_charp) {}

void pngRead(png_structp decoder, png_bytep out, std::size_t count) {
    auto* job = static_cast<PngJob*>(png_get_io_ptr(decoder));
    if (count > job->rest.size())
        png_error(decoder, "the file ends too early");
    std::memcpy(out, job->rest.data(), count);
    job->rest = job->rest.subspan(count);
}

bool decodePng(PngJob& job) {
    job.decoder = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, pngFailed, pngWarned);
    job.info = job.decoder ? png_create_info_struct(job.decoder) : nullptr;
    if (!job.info) {
        job.message = "libpng has no memory";
        return false;
    }
    if (setjmp(png_jmpbuf(job.decoder)))
        return false;
    png_set_read_fn(job.decoder, &job, pngRead);
    png_set_user_limits(job.decoder, 1'000'000, 1'000'000);
    png_read_info(job.decoder, job.info);
    if (!isSane(png_get_image_width(job.decoder, job.info),
                png_get_image_height(job.decoder, job.info)))
        png_error(job.decoder, "it is larger than 100 million pixels");
    png_set_expand(job.decoder);
    png_set_strip_16(job.decoder);
    png_set_strip_alpha(job.decoder);
    png_set_interlace_handling(job.decoder);
    png_read_update_info(job.decoder, job.info);
    job.image.size = {static_cast<int>(png_get_image_height(job.decoder, job.info)),
                      static_cast<int>(png_get_image_width(job.decoder, job.info)),
                      png_get_channels(job.decoder, job.info)};
    const std::size_t row = static_cast<std::size_t>(job.image.size.width) *
                            static_cast<std::size_t>(job.image.size.channels);
    if (png_get_rowbytes(job.decoder, job.info) != row)
        png_error(job.decoder, "its pixels have an unusual layout");
    job.image.pixels.resize(job.image.size.bytes());
    for (std::size_t y = 0; y < static_cast<std::size_t>(job.image.size.height); ++y)
        job.rows.push_back(job.image.pixels.data() + y * row);
    png_read_image(job.decoder, job.rows.data());
    png_read_end(job.decoder, nullptr);
    return true;
}

bool startsWith(std::span<const std::byte> bytes, std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

} // namespace

Result<Image> decodeImage(std::span<const std::byte> bytes, const std::string& name) {
    if (bytes.empty())
        return std::unexpected(undecodable(name, "the file is empty"));
    if (startsWith(bytes, "\xff\xd8\xff")) {
        JpegJob job;
        if (!decodeJpeg(job, bytes))
            return std::unexpected(undecodable(name, job.refusal));
        return std::move(job.image);
    }
    if (startsWith(bytes, "\x89PNG\r\n\x1a\n")) {
        PngJob job;
        job.rest = bytes;
        const bool ok = decodePng(job);
        png_destroy_read_struct(&job.decoder, &job.info, nullptr);
        if (!ok)
            return std::unexpected(undecodable(name, job.message));
        return std::move(job.image);
    }
    return std::unexpected(undecodable(name, "it is neither JPEG nor PNG"));
}

Result<Image> readImage(const std::filesystem::path& file) {
    std::error_code error;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file, error));
    std::ifstream in(file, std::ios::binary);
    if (error || !in)
        return std::unexpected(undecodable(file.string(), "the file could not be opened"));
    if (size > kMaximumFileBytes)
        return std::unexpected(undecodable(file.string(), "the file is larger than 1 GiB"));
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    in.read(reinterpret_cast<char*>(bytes.data()), size);
    if (in.gcount() != size)
        return std::unexpected(undecodable(file.string(), "the file could not be read to its end"));
    return decodeImage(bytes, file.string());
}

} // namespace heirloom
