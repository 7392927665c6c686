// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/Sandbox.h"

#include "core/checkpoint/hdf5/Hdf5Wire.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace heirloom {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t machine = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t machine = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t machine = 0;
#endif

bool limit(decltype(RLIMIT_AS) what, std::uint64_t most) {
    rlimit now{};
    if (::getrlimit(what, &now) != 0)
        return false;
    now.rlim_cur = now.rlim_max = std::min<rlim_t>(most, now.rlim_max);
    return ::setrlimit(what, &now) == 0;
}

/// Whatever the arguments.
constexpr std::uint32_t plainCalls[] = {
    SYS_read,         SYS_write,          SYS_pread64,       SYS_munmap,       SYS_mremap,
    SYS_brk,          SYS_madvise,        SYS_futex,         SYS_exit,         SYS_exit_group,
    SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_clock_gettime, SYS_gettimeofday, SYS_getrusage,
    SYS_getrandom,    SYS_fstat,          SYS_getpid,        SYS_gettid,       SYS_restart_syscall};

/// Little-endian machines only, as all of the above are: the lower half of an argument.
constexpr std::uint32_t lowerHalf(int argument) {
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                      8 * static_cast<std::size_t>(argument));
}

using Filter = std::vector<sock_filter>;

sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter answer(std::uint32_t what) { return BPF_STMT(BPF_RET | BPF_K, what); }
/// Skips the next `count` instructions unless the loaded word is `value`.
sock_filter unless(std::uint32_t value, std::uint8_t count) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
}

constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

/// Memory that is not to be executed.
void allowMapping(Filter& filter, std::uint32_t call) {
    filter.push_back(unless(call, 4));
    filter.push_back(load(lowerHalf(2)));
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
    filter.push_back(answer(refuse));
    filter.push_back(answer(SECCOMP_RET_ALLOW));
}

Filter makeFilter() {
    Filter filter;
    filter.push_back(load(offsetof(seccomp_data, arch)));
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine, 1, 0));
    filter.push_back(answer(SECCOMP_RET_KILL_PROCESS));
    filter.push_back(load(offsetof(seccomp_data, nr)));
    for (const std::uint32_t call : plainCalls) {
        filter.push_back(unless(call, 1));
        filter.push_back(answer(SECCOMP_RET_ALLOW));
    }
    allowMapping(filter, SYS_mmap);
    allowMapping(filter, SYS_mprotect);
    // Its own limits of computing time, which limitComputing() moves.
    filter.push_back(unless(SYS_prlimit64, 6));
    filter.push_back(load(lowerHalf(0)));
    filter.push_back(unless(0, 3));
    filter.push_back(load(lowerHalf(1)));
    filter.push_back(unless(RLIMIT_CPU, 1));
    filter.push_back(answer(SECCOMP_RET_ALLOW));
    filter.push_back(answer(refuse));
    filter.push_back(answer(refuse));
    return filter;
}

} // namespace

bool limitProcess(std::uint64_t memory) {
    const bool isLimited = limit(RLIMIT_AS, memory) && limit(RLIMIT_CORE, 0) &&
                           limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
                           limit(RLIMIT_NOFILE, hdf5wire::windowDescriptor + 3);
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && isLimited;
}

void limitComputing(std::uint64_t seconds) {
    rusage used{};
    rlimit now{};
    if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_CPU, &now) != 0)
        return;
    const auto sofar = static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    now.rlim_cur = std::min<rlim_t>(sofar + seconds + 2, now.rlim_max);
    ::setrlimit(RLIMIT_CPU, &now);
}

bool sealSystemCalls() {
    if (machine == 0)
        return false;
    Filter filter = makeFilter();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

} // namespace heirloom
