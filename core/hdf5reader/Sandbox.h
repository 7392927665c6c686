// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace heirloom {

/// Memory of this process, in bytes of address space; no core files, no writing of files, no new
/// processes, few descriptors, no new privileges.
[[nodiscard]] bool limitProcess(std::uint64_t memory);

/// `seconds` of computing from now on; then the system ends the process. The program that started
/// it watches as well; this holds where that program is gone.
void limitComputing(std::uint64_t seconds);

/// From now on the kernel refuses every system call but those that reading from open descriptors
/// needs: no opening, no programs, no sockets, no memory that can be executed.
/// \return false where the system has no seccomp
[[nodiscard]] bool sealSystemCalls();

} // namespace heirloom
