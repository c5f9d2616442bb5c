#include "core/close_code.h"

bool close_code_receivable(unsigned code)
{
    if (code >= 3000)
        return code <= 4999;

    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
