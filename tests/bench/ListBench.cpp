// SPDX-License-Identifier: GPL-3.0-or-later
// heirloom_list_bench FILE: opens a checkpoint to names, dtypes and shapes, and prints the time;
// then again for each line that it is sent. tests/bench/list_vs_python.py runs it beside Python.
#include "core/checkpoint/Checkpoint.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2)
        return 2;
    std::string line;
    do {
        const auto start = std::chrono::steady_clock::now();
        const auto opened = heirloom::openCheckpoint(argv[1]);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        if (!opened) {
            fmt::print(stderr, "{}\n", opened.error().message());
            return 1;
        }
        fmt::print(
            R"({{"seconds": {}, "tensors": {}}})", took.count(), (*opened)->tensors().size());
        fmt::print("\n");
        std::fflush(stdout);
    } while (std::getline(std::cin, line));
    return 0;
}
