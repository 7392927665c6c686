// SPDX-License-Identifier: GPL-3.0-or-later
//
// The least that any program has to do to select a student from a file: read the bytes of the
// selected rows once, through a buffer that is used again, and write as many bytes as the student
// has. Nothing is picked from the rows, checked, hashed or read again, so what is written is no
// student. Prints its own time, without start and plan, as JSON.
#include "core/model/OpenedModel.h"
#include "core/model/Translation.h"
#include "core/selection/SelectionPlan.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace heirloom;

constexpr std::size_t bufferBytes = 1 << 20;

struct Work {
    const TensorInfo* source = nullptr; ///< null for what is drawn: written only
    IndexList rows;
    std::int64_t bytes = 0; ///< of the student's tensor
    std::int64_t place = 0;
};

class Floor {
public:
    Floor(const Checkpoint& teacher, const SelectionPlan& plan) : m_teacher(teacher) {
        for (std::size_t i = 0; i < plan.parameters.size(); ++i) {
            const auto& parameter = plan.parameters[i];
            const auto* source =
                parameter.teacher.empty() ? nullptr : teacher.find(parameter.teacher);
            const auto dtype = source ? source->dtype : teacher.tensors().front().dtype;
            Work work{source, nullptr, 0, m_total};
            work.bytes =
                elementCount(plan.student->parameters[i].shape).value_or(0) * dtypeSize(dtype);
            if (source && !parameter.axes.empty())
                work.rows = parameter.axes.front();
            m_total += work.bytes;
            m_work.push_back(std::move(work));
        }
    }

    void run(int file, int threads) {
        if (ftruncate(file, m_total) != 0)
            throw std::runtime_error("the output cannot be made");
        std::vector<std::jthread> helpers;
        for (int i = 1; i < threads; ++i)
            helpers.emplace_back([this, file] { work(file); });
        work(file);
    }

    [[nodiscard]] std::int64_t read() const { return m_read; }
    [[nodiscard]] std::int64_t written() const { return m_total; }

private:
    void work(int file) {
        std::vector<std::byte> buffer(bufferBytes);
        for (std::size_t i = m_next++; i < m_work.size(); i = m_next++) {
            if (m_work[i].source)
                readRows(m_work[i], buffer);
            write(m_work[i], file, buffer);
        }
    }

    void readRows(const Work& work, std::vector<std::byte>& buffer) {
        const auto& shape = work.source->shape;
        const std::int64_t all = shape.empty() ? 1 : shape.front();
        const std::int64_t rowBytes = work.source->bytes() / all;
        const auto rowOf = [&](std::int64_t i) {
            return work.rows ? (*work.rows)[static_cast<std::size_t>(i)] : i;
        };
        const std::int64_t count = work.rows ? std::ssize(*work.rows) : all;
        for (std::int64_t first = 0; first < count;) {
            std::int64_t end = first + 1;
            while (end < count && rowOf(end) == rowOf(end - 1) + 1 &&
                   (end - first + 1) * rowBytes <= static_cast<std::int64_t>(bufferBytes))
                ++end;
            const auto bytes = static_cast<std::size_t>((end - first) * rowBytes);
            if (buffer.size() < bytes)
                buffer.resize(bytes);
            if (!m_teacher.readRows(
                    *work.source, rowOf(first), end - first, std::span(buffer).first(bytes)))
                throw std::runtime_error("the teacher cannot be read");
            m_read += static_cast<std::int64_t>(bytes);
            first = end;
        }
    }

    static void write(const Work& work, int file, const std::vector<std::byte>& buffer) {
        for (std::int64_t at = 0; at < work.bytes;) {
            const auto bytes = static_cast<std::size_t>(
                std::min<std::int64_t>(work.bytes - at, std::ssize(buffer)));
            if (pwrite(file, buffer.data(), bytes, work.place + at) != static_cast<ssize_t>(bytes))
                throw std::runtime_error("the output cannot be written");
            at += static_cast<std::int64_t>(bytes);
        }
    }

    const Checkpoint& m_teacher;
    std::vector<Work> m_work;
    std::int64_t m_total = 0;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<std::int64_t> m_read = 0;
};

Status measure(const char* teacherText, const char* studentText, const char* out, bool published) {
    auto teacher = openModel(teacherText, ModelText::FileOnly);
    if (!teacher)
        return std::unexpected(teacher.error());
    auto student = openModel(studentText, ModelText::FileOrName);
    if (!student)
        return std::unexpected(student.error());
    auto spoken = spokenLike(*teacher, *student->spec);
    if (!spoken)
        return std::unexpected(spoken.error());
    SelectionOptions options;
    options.asPublished = published;
    auto plan = planSelection(spoken->spec, student->spec, options, spoken->checkpoint.get());
    if (!plan)
        return std::unexpected(plan.error());
    const int file = ::open(out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return fail(out, "the output cannot be made");
    Floor floor(*spoken->checkpoint, *plan);
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    floor.run(file, static_cast<int>(std::thread::hardware_concurrency()));
    const auto done = Clock::now();
    if (::fsync(file) != 0)
        return fail(out, "the output cannot be flushed");
    const auto flushed = Clock::now();
    ::close(file);
    const auto seconds = [&](Clock::time_point end) {
        return std::chrono::duration<double>(end - begin).count();
    };
    fmt::print("{{\"seconds\": {:.6f}, \"with_fsync\": {:.6f}, \"read\": {}, \"written\": {}}}\n",
               seconds(done),
               seconds(flushed),
               floor.read(),
               floor.written());
    return {};
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        fmt::print(stderr, "usage: {} TEACHER STUDENT OUT [--as-published]\n", argv[0]);
        return 2;
    }
    const bool published = argc > 4 && std::string_view(argv[4]) == "--as-published";
    const auto done = measure(argv[1], argv[2], argv[3], published);
    if (!done)
        fmt::print(stderr, "{}\n", done.error().message());
    return done ? 0 : 1;
}
