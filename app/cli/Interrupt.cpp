// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Interrupt.h"

#include <cerrno>
#include <csignal>

#include <semaphore.h>

namespace heirloom::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

/// Posted by the handler, which may do little else.
sem_t* wake() {
    static sem_t semaphore;
    static const bool isMade = sem_init(&semaphore, 0, 0) == 0;
    return isMade ? &semaphore : nullptr;
}

extern "C" void onInterrupt(int signal) {
    interrupted = 1;
    std::signal(signal, SIG_DFL);
    const int number = errno;
    sem_post(wake());
    errno = number;
}

} // namespace

void catchInterrupt() {
    static_cast<void>(wake()); // made before the first signal
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
}

bool wasInterrupted() { return interrupted != 0; }

StopOnInterrupt::StopOnInterrupt() {
    if (wasInterrupted())
        return; // that was for the job before, whose result this one keeps; the next ends the program
    catchInterrupt();
    m_waiter = std::thread([stop = m_stop]() mutable {
        while (sem_wait(wake()) != 0 && errno == EINTR) {
        }
        if (wasInterrupted())
            stop.request_stop();
    });
}

StopOnInterrupt::~StopOnInterrupt() {
    if (!m_waiter.joinable())
        return;
    sem_post(wake());
    m_waiter.join();
}

} // namespace heirloom::cli
