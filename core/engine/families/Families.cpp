// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/families/Families.h"

#include <array>

namespace heirloom {

std::span<const NetworkFamily> networkFamilies() {
    static constexpr std::array<NetworkFamily, 7> known{{
        {"vit", makeVit},
        {"convnext", makeConvNext},
        {"resnet", makeResNet},
        {"cifar_resnet", makeCifarResNet},
        {"mixer", makeMlpMixer},
        {"swin", makeSwin},
        {"eva02", makeEva02},
    }};
    return known;
}

} // namespace heirloom
