// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SelectedCheckpoint.h"

#include "core/checkpoint/FloatCast.h"
#include "core/selection/StudentTensors.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

namespace heirloom {
namespace {

/// As many tensors can be under way, row by row in turn, before what one of them needs is worked
/// out again. Writers have two a thread.
constexpr std::size_t mostKept = 8;

/// What one thread works with; kept for its next rows.
struct Workplace {
    std::optional<std::size_t> tensor; ///< whose state is held below
    std::optional<RowGather> rows;
    std::optional<ParameterDraw> draw;
    HostTensor made;
    std::vector<std::byte> block; ///< of the teacher's rows
    std::vector<float> values;    ///< drawn

    void begin(std::size_t index) {
        end();
        tensor = index;
    }
    void end() {
        tensor.reset();
        rows.reset();
        draw.reset();
        made = {};
    }
};

class SelectedCheckpoint final : public Checkpoint {
public:
    SelectedCheckpoint(std::shared_ptr<const Checkpoint> teacher,
                       std::shared_ptr<const SelectionPlan> plan,
                       std::stop_token stop)
        : m_teacher(std::move(teacher)), m_plan(std::move(plan)), m_stop(std::move(stop)),
          m_student(*m_teacher, *m_plan) {
        m_format = "memory";
    }

    Status list() {
        m_tensors.reserve(m_student.size());
        for (std::size_t i = 0; i < m_student.size(); ++i) {
            auto info = m_student.info(i);
            if (!info)
                return std::unexpected(info.error());
            m_tensors.push_back(std::move(*info));
        }
        index();
        return {};
    }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const TensorInfo* found = find(tensor.name);
        const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
        if (!found || firstRow < 0 || rowCount < 0 || rowCount > rows - firstRow)
            return fail(tensor.name,
                        "there are no rows {} to {} of this tensor",
                        firstRow,
                        firstRow + rowCount);
        const auto place = static_cast<std::size_t>(found - m_tensors.data());
        const auto workplace = borrow(place);
        try {
            auto done = read(*workplace, place, firstRow, rowCount, out);
            // The last row is the last that anybody wants, as a rule.
            if (!done || firstRow + rowCount == rows)
                workplace->end();
            giveBack(workplace);
            return done;
        } catch (const std::bad_alloc&) {
            workplace->end();
            giveBack(workplace);
            return std::unexpected(Error{tensor.name,
                                         "there is not enough memory for the student",
                                         "Close other programs or choose a smaller student"});
        }
    }

private:
    using Workplaces = std::list<Workplace>;

    /// The workplace that holds this tensor's state, or one that holds none, or a new one.
    Workplaces::iterator borrow(std::size_t place) const {
        const std::scoped_lock lock(m_mutex);
        auto best = std::ranges::find(m_free, std::optional(place), &Workplace::tensor);
        if (best == m_free.end())
            best = std::ranges::find(m_free, std::optional<std::size_t>(), &Workplace::tensor);
        if (best == m_free.end() && m_free.size() + m_used.size() >= mostKept)
            best = m_free.begin();
        if (best == m_free.end())
            best = m_free.emplace(m_free.end());
        m_used.splice(m_used.end(), m_free, best);
        return best;
    }

    void giveBack(Workplaces::iterator workplace) const {
        const std::scoped_lock lock(m_mutex);
        m_free.splice(m_free.end(), m_used, workplace);
    }

    Status read(Workplace& at,
                std::size_t place,
                std::int64_t firstRow,
                std::int64_t rowCount,
                std::span<std::byte> out) const {
        const auto making = m_student.making(place);
        if (!making)
            return std::unexpected(making.error());
        if (at.tensor != place)
            at.begin(place);
        const TensorInfo& info = m_tensors[place];
        const std::int64_t rows = info.shape.empty() ? 1 : info.shape.front();
        const std::int64_t rowElements = rows > 0 ? info.elements() / rows : 0;
        switch (making->way) {
        case StudentTensors::Way::Copied:
            if (!at.rows)
                at.rows = m_student.rows(place, *making);
            return at.rows->read(*m_teacher, firstRow, rowCount, out, at.block, m_stop);
        case StudentTensors::Way::Drawn:
            return drawRows(at, place, firstRow * rowElements, rowCount * rowElements, out);
        case StudentTensors::Way::Made:
            break;
        }
        if (at.made.bytes.empty() && info.bytes() > 0) {
            auto made = m_student.make(place, at.block, m_stop);
            if (!made)
                return std::unexpected(made.error());
            at.made = std::move(*made);
        }
        const auto begin = static_cast<std::size_t>(firstRow * rowElements * dtypeSize(info.dtype));
        std::ranges::copy(std::span<const std::byte>(at.made.bytes).subspan(begin, out.size()),
                          out.begin());
        return {};
    }

    Status drawRows(Workplace& at,
                    std::size_t place,
                    std::int64_t first,
                    std::int64_t count,
                    std::span<std::byte> out) const {
        constexpr std::int64_t pieceElements = 1 << 16;
        if (!at.draw || at.draw->position() > first)
            at.draw = m_student.draw(place);
        const DType dtype = m_tensors[place].dtype;
        const auto size = static_cast<std::size_t>(dtypeSize(dtype));
        for (std::int64_t position = at.draw->position(); position < first + count;
             position = at.draw->position()) {
            if (m_stop.stop_requested())
                return fail(m_tensors[place].name, "stopped");
            // What lies before the first row is drawn to be passed over.
            const std::int64_t end = position < first ? first : first + count;
            at.values.resize(static_cast<std::size_t>(std::min(pieceElements, end - position)));
            at.draw->next(at.values);
            if (position < first)
                continue;
            const auto bytes = static_cast<std::size_t>(position - first) * size;
            convertFloats(DType::F32,
                          std::as_bytes(std::span(at.values)),
                          dtype,
                          out.subspan(bytes, at.values.size() * size));
        }
        return {};
    }

    std::shared_ptr<const Checkpoint> m_teacher;
    std::shared_ptr<const SelectionPlan> m_plan;
    std::stop_token m_stop;
    StudentTensors m_student;
    mutable std::mutex m_mutex;
    mutable Workplaces m_free;
    mutable Workplaces m_used;
};

} // namespace

Result<std::shared_ptr<const Checkpoint>> selectedCheckpoint(
    std::shared_ptr<const Checkpoint> teacher,
    std::shared_ptr<const SelectionPlan> plan,
    std::stop_token stop) {
    auto made =
        std::make_shared<SelectedCheckpoint>(std::move(teacher), std::move(plan), std::move(stop));
    if (auto listed = made->list(); !listed)
        return std::unexpected(listed.error());
    return made;
}

} // namespace heirloom
