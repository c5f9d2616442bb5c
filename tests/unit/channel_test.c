/* The channel on which a worker gets a state of fixed size. */

#include <string.h>
#include <unistd.h>

#include "process/channel.h"
#include "runner.h"

enum { STATE_BYTES = 16384, SENT_MAX = 100000 };

static char state[STATE_BYTES];
static char received[STATE_BYTES];

static int send_state(int end, char content)
{
    memset(state, content, sizeof(state));

    return channel_send(end, state, sizeof(state));
}

static enum channel_news receive(int end)
{
    return channel_receive(end, received, sizeof(received));
}

static void the_newest_state_is_received(void)
{
    int ends[2];

    CU_ASSERT_FALSE_FATAL(channel_open(ends, STATE_BYTES));
    CU_ASSERT_EQUAL(receive(ends[1]), CHANNEL_NO_NEWS);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_FALSE(send_state(ends[0], (char)('a' + i)));
    CU_ASSERT_EQUAL(receive(ends[1]), CHANNEL_NEW_STATE);
    CU_ASSERT_FALSE(memcmp(received, state, sizeof(state)));
    CU_ASSERT_EQUAL(receive(ends[1]), CHANNEL_NO_NEWS);
    close(ends[0]);
    CU_ASSERT_EQUAL(receive(ends[1]), CHANNEL_ENDED);
    close(ends[1]);
}

static void a_full_channel_takes_more_when_it_has_been_read(void)
{
    int ends[2];
    int sent = 0;

    CU_ASSERT_FALSE_FATAL(channel_open(ends, STATE_BYTES));
    while (sent < SENT_MAX && !send_state(ends[0], 'a'))
        sent++;
    CU_ASSERT_TRUE(sent >= 4 && sent < SENT_MAX);
    CU_ASSERT_EQUAL(receive(ends[1]), CHANNEL_NEW_STATE);
    CU_ASSERT_FALSE(send_state(ends[0], 'b'));
    CU_ASSERT_EQUAL(receive(ends[1]), CHANNEL_NEW_STATE);
    CU_ASSERT_FALSE(memcmp(received, state, sizeof(state)));
    close(ends[0]);
    close(ends[1]);
}

/* It is not full: a worker that has ended needs nothing. */
static void nobody_is_waited_for_who_is_gone(void)
{
    int ends[2];

    CU_ASSERT_FALSE_FATAL(channel_open(ends, STATE_BYTES));
    close(ends[1]);
    CU_ASSERT_FALSE(send_state(ends[0], 'a'));
    close(ends[0]);
}

static CU_TestInfo tests[] = {
    TEST(the_newest_state_is_received),
    TEST(a_full_channel_takes_more_when_it_has_been_read),
    TEST(nobody_is_waited_for_who_is_gone),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"channel", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
    return runner_main(argc, argv, suites);
}
