// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/Listing.h"

#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/hdf5/Hdf5Handle.h"
#include "core/hdf5reader/Attributes.h"
#include "core/hdf5reader/Sandbox.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace heirloom {
namespace {

using hdf5wire::Frame;
using hdf5wire::Refusal;

/// As many as are listed within one limit of computing time.
constexpr std::uint64_t objectsOfAStep = 100'000;

class Listing {
public:
    Listing(hid_t file, Channel& channel, const ReaderLimits& limits)
        : m_file(file), m_channel(channel), m_limits(limits) {}

    std::optional<Refused> run() {
        const Hdf5Handle root(H5Gopen2(m_file, "/", H5P_DEFAULT), H5Gclose);
        H5O_info_t info{};
        if (!root.isValid() || objectInfo(root, ".", info) < 0)
            return Refused{Refusal::RootGroup, {}};
        sendAttributes(root, m_channel);
        m_seen.insert(info.addr);
        m_waiting.push_back({"", info.addr});
        while (!m_waiting.empty() && !m_refused) {
            const Group group = std::move(m_waiting.back());
            m_waiting.pop_back();
            listGroup(group);
        }
        if (!m_refused)
            m_channel.send(Frame::Done,
                           hdf5wire::Packer().add(m_links).add(m_noNumbers).add(m_oddNames));
        return m_refused;
    }

private:
    struct Group {
        std::string path; ///< empty for the root, else with a slash at its end
        haddr_t address = HADDR_UNDEF;
    };

    herr_t refuse(Refusal why, std::string name) {
        m_refused = Refused{why, std::move(name)};
        return -1;
    }

    static herr_t objectInfo(hid_t group, const char* link, H5O_info_t& info) {
#if H5_VERSION_GE(1, 12, 0)
        return H5Oget_info_by_name2(group, link, &info, H5O_INFO_BASIC, H5P_DEFAULT);
#elif H5_VERSION_GE(1, 10, 3)
        return H5Oget_info_by_name2(group, link, &info, H5O_INFO_BASIC, H5P_DEFAULT);
#else
        return H5Oget_info_by_name(group, link, &info, H5P_DEFAULT);
#endif
    }

    void listGroup(const Group& group);
    herr_t listLink(hid_t group, const char* link, H5L_type_t kind);

    hid_t m_file;
    Channel& m_channel;
    ReaderLimits m_limits;
    std::string m_path; ///< of the group being listed
    std::vector<Group> m_waiting;
    std::unordered_set<haddr_t> m_seen;
    std::optional<Refused> m_refused;
    std::uint64_t m_objects = 0;
    std::uint64_t m_links = 0;     ///< soft and external links passed over
    std::uint64_t m_noNumbers = 0; ///< datasets of strings, compounds and the like
    std::uint64_t m_oddNames = 0;  ///< links whose names are no names
};

void Listing::listGroup(const Group& group) {
    m_path = group.path;
    const Hdf5Handle handle(H5Oopen_by_addr(m_file, group.address), H5Oclose);
    if (!handle.isValid() || H5Iget_type(handle) != H5I_GROUP) {
        refuse(Refusal::GroupOpen, group.path);
        return;
    }
    const Hdf5Handle created(H5Gget_create_plist(handle), H5Pclose);
    unsigned order = 0;
    const bool isTracked = created.isValid() && H5Pget_link_creation_order(created, &order) >= 0 &&
                           (order & H5P_CRT_ORDER_INDEXED) != 0;
    const std::size_t before = m_waiting.size();
    hsize_t position = 0;
    const herr_t listed = H5Literate(
        handle,
        isTracked ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME,
        H5_ITER_INC,
        &position,
        [](hid_t from, const char* link, const H5L_info_t* info, void* self) -> herr_t {
            return static_cast<Listing*>(self)->listLink(from, link, info->type);
        },
        this);
    if (listed < 0 && !m_refused)
        refuse(Refusal::GroupList, group.path);
    std::reverse(m_waiting.begin() + static_cast<std::ptrdiff_t>(before), m_waiting.end());
}

herr_t Listing::listLink(hid_t group, const char* link, H5L_type_t kind) {
    const std::string_view last = link;
    std::string name = m_path + link;
    if (kind != H5L_TYPE_HARD) {
        ++m_links;
        return 0;
    }
    // HDF5 takes such a name for a path, which may lead through other links.
    if (last.empty() || last == "." || last.find('/') != std::string_view::npos) {
        ++m_oddNames;
        return 0;
    }
    if (name.size() > m_limits.nameBytes)
        return refuse(Refusal::NameTooLong, name.substr(0, 256));
    if (!isPlainUtf8(name))
        return refuse(Refusal::NameNoText, m_path);
    H5O_info_t info{};
    if (objectInfo(group, link, info) < 0)
        return refuse(Refusal::ObjectInfo, std::move(name));
    // A group inside itself, or one reached by two names, is listed once.
    if ((info.rc > 1 || info.type == H5O_TYPE_GROUP) && !m_seen.insert(info.addr).second)
        return 0;
    if (++m_objects > m_limits.objects)
        return refuse(Refusal::TooManyObjects, {});
    if (m_objects % objectsOfAStep == 0)
        limitComputing(m_limits.seconds);
    if (info.type == H5O_TYPE_GROUP) {
        m_waiting.push_back({name + "/", info.addr});
    } else if (info.type == H5O_TYPE_DATASET) {
        const Hdf5Handle dataset(H5Dopen2(group, link, H5P_DEFAULT), H5Dclose);
        if (!dataset.isValid())
            return refuse(Refusal::DatasetOpen, std::move(name));
        hdf5wire::DatasetFacts facts;
        if (!describeDataset(dataset, facts)) {
            ++m_noNumbers;
            return 0;
        }
        facts.name = std::move(name);
        hdf5wire::Packer packed;
        facts.pack(packed);
        m_channel.send(Frame::Dataset, packed);
    }
    return 0;
}

} // namespace

std::optional<Refused> listFile(hid_t file, Channel& channel, const ReaderLimits& limits) {
    return Listing(file, channel, limits).run();
}

} // namespace heirloom
