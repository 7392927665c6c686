// SPDX-License-Identifier: GPL-3.0-or-later
// heirloom-hdf5-reader: reads one HDF5 file for the program that started it, in a process of its
// own with little memory, little time and next to no system calls, because the HDF5 library crashes
// on damaged files. It opens nothing; the socket, the file and the shared window are given to it.
#include "core/checkpoint/hdf5/Hdf5Handle.h"
#include "core/hdf5reader/BoxReader.h"
#include "core/hdf5reader/Channel.h"
#include "core/hdf5reader/DescriptorDriver.h"
#include "core/hdf5reader/Listing.h"
#include "core/hdf5reader/Sandbox.h"

#include <charconv>
#include <new>
#include <string_view>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heirloom {
namespace {

using hdf5wire::Frame;
using hdf5wire::Refusal;

/// "--version memory seconds objects nameBytes", all whole numbers.
bool parse(int count, char** words, ReaderLimits& limits) {
    std::uint64_t spoken = 0;
    std::uint64_t* const numbers[] = {
        &spoken, &limits.memory, &limits.seconds, &limits.objects, &limits.nameBytes};
    if (count != 1 + static_cast<int>(std::size(numbers)))
        return false;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const char* const end = word.data() + word.size();
        if (std::from_chars(word.data(), end, *numbers[i - 1]).ptr != end)
            return false;
    }
    return spoken == hdf5wire::version;
}

std::span<std::byte> mapWindow() {
    struct stat found{};
    if (::fstat(hdf5wire::windowDescriptor, &found) != 0 || found.st_size <= 0)
        return {};
    const auto size = static_cast<std::size_t>(found.st_size);
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, hdf5wire::windowDescriptor, 0);
    if (memory == MAP_FAILED)
        return {};
    return {static_cast<std::byte*>(memory), size};
}

/// Whether a call of the library failed for want of memory since this was last cleared.
bool ranOutOfMemory = false;

herr_t lookAtFailure(hid_t stack, void*) {
    H5Ewalk2(
        stack,
        H5E_WALK_DOWNWARD,
        [](unsigned, const H5E_error2_t* error, void*) -> herr_t {
            if (error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC)
                ranOutOfMemory = true;
            return 0;
        },
        nullptr);
    return 0;
}

class Session {
public:
    Session(hid_t access, std::span<std::byte> window, const ReaderLimits& limits)
        : m_access(access), m_limits(limits), m_boxes(window, limits.memory) {}

    void run(bool isSealed) {
        m_channel.send(Frame::Hello,
                       hdf5wire::Packer().add(hdf5wire::version).add(std::uint8_t{isSealed}));
        m_channel.flush();
        while (const auto request = m_channel.receive()) {
            limitComputing(m_limits.seconds);
            ranOutOfMemory = false;
            if (auto refused = answer(*request)) {
                if (ranOutOfMemory)
                    refused->why = Refusal::OutOfMemory;
                m_channel.send(Frame::Refused,
                               hdf5wire::Packer().add(refused->why).addText(refused->name));
            }
            m_channel.flush();
        }
    }

private:
    std::optional<Refused> answer(const Channel::Request& request) {
        if (!m_file.isValid())
            m_file = Hdf5Handle(H5Fopen("descriptor", H5F_ACC_RDONLY, m_access), H5Fclose);
        if (!m_file.isValid())
            return Refused{Refusal::CannotOpen, {}};
        if (request.kind == Frame::List)
            return listFile(m_file, m_channel, m_limits);
        hdf5wire::Box box;
        hdf5wire::Unpacker from(request.payload);
        box.unpack(from);
        std::uint64_t bytes = 0;
        if (request.kind != Frame::Read || !from.isWhole())
            return Refused{Refusal::ChangedShape, {}};
        auto refused = m_boxes.read(m_file, box, bytes);
        if (!refused)
            m_channel.send(Frame::Window, hdf5wire::Packer().add(bytes));
        return refused;
    }

    hid_t m_access;
    ReaderLimits m_limits;
    Channel m_channel;
    Hdf5Handle m_file;
    BoxReader m_boxes;
};

} // namespace
} // namespace heirloom

int main(int count, char** words) {
    using namespace heirloom;
    ReaderLimits limits;
    if (!parse(count, words, limits))
        return hdf5wire::exitMisused;
    std::set_new_handler([] { ::_exit(hdf5wire::exitOutOfMemory); });
    if (!limitProcess(limits.memory))
        return hdf5wire::exitMisused;
    limitComputing(limits.seconds);
    // Filters from plug-in folders would run other people's code.
    if (H5open() < 0 || H5PLset_loading_state(0) < 0)
        return hdf5wire::exitOutOfMemory;
    H5Eset_auto2(H5E_DEFAULT, lookAtFailure, nullptr);
    const hid_t access = descriptorAccess(hdf5wire::fileDescriptor);
    const auto window = mapWindow();
    if (access < 0 || window.empty())
        return hdf5wire::exitOutOfMemory;
    const bool isSealed = sealSystemCalls();
    Session(access, window, limits).run(isSealed);
    ::_exit(0); // what the library would tidy up here, the system does
}
